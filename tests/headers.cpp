// SPDX-License-Identifier: MIT
// Empty: a place to compile the headers that all tests share.
