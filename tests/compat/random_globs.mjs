// Random globs and paths from a seed: pieces of everything that micromatch gives a meaning to, in likely and
// unlikely combinations.

export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const NAMES = ["a", "b", "src", "lib", "index.ts", "x.test.ts", ".env", ".hidden", "foo.bar", "é", "日", "1", "10", "-",
  "a b", "node_modules", "..", ".", "", "A", "aa", "$", "^", "#", "~", "%", "&", "a$b", "\u{1F600}"];

const PIECES = ["*", "*", "**", "?", "a", "b", ".", "/", "/", "[ab]", "[!a]", "[^a]", "[a-c]", "[[:alpha:]]", "[[:digit:]]",
  "[[:punct:]]", "[[:space:]]", "{a,b}", "{1..3}", "{a..c}", "{,a}", "{a,b/c}", "!(a)", "@(a|b)", "+(a)", "*(a)", "?(a)",
  "+(a|b)", "*(a|aa)", "(a|b)", "(a)", "\\*", "\\[", "\\.", "\\", '"', "!", "|", ",", "+", "@", "$", "^", "-", "{", "}",
  "(", ")", "[", "]", "..", "./", "../", "***", "**/", "/**", "ts", ".ts", "!(*.d).ts", "!(*)", "+(*)", "\\d", "\\w",
  "\\b", "\\\\", "\\/", "(?:a)", "(?=a)", "(?!a)", "(?<=a)", "é", "\u{1F600}", " ", "'", "`", "<", ">", ":", "=", ";", "&",
  "~", "#", "%", "0", "1", "Z", "_", "[]a]", "[a", "a]", "{a}", "{}", "[.]", "[*]", "[?]", "[a/b]", "[^/]", "[\\]]",
  "[\\w]", "\\x41", "\\u0041", "+(a*(b))", "*(*(a)*(b))", "!(!(a))", "!(a/b)", "!(**/a)", "@(**)", "{**,a}", "{*,**/*}"];

const SEGMENTS = ["src", "lib", "*", "**", "*.ts", "*.{ts,js}", "?rc", "[s]rc", "!(src)", "@(src|lib)", "+(x)", "*(y)",
  ".hidden", ".*", "a*", "*-?", "{docs,apps}", "{1..3}", "[!x]", "[a-z]", "**.ts", "a**", "?", "??", "index.ts", "[.]env",
  "..", ".", "", "\\*", "[[]", "node_modules", "!(*.test).ts", "*.!(ts)", "a.b", "(a|b)", ".a*", "x.{ts,js}", "{,a}*"];

const CHARACTERS = 'ab*?[]{}()!+@|,./\\-^$"~é01:';

export class RandomGlobs {
  constructor(seed) {
    this.random = randomOf(seed);
  }

  below(limit) {
    return Math.floor(this.random() * limit);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  repeat(limit, make) {
    return Array.from({ length: 1 + this.below(limit) }, make);
  }

  /** A glob that is not empty and on which picomatch itself does not hang (it does on runs of backslashes). */
  glob() {
    for (;;) {
      const glob = this.anyGlob();
      if (glob !== "" && !/\\{4,}/.test(glob)) return glob;
    }
  }

  anyGlob() {
    const kind = this.random();
    let glob;
    if (kind < 0.5) {
      glob = this.repeat(5, () => this.pick(PIECES)).join("");
    } else if (kind < 0.9) {
      glob = this.repeat(4, () => this.pick(SEGMENTS)).join("/");
      if (this.random() < 0.1) glob += "/";
      if (this.random() < 0.05) glob = "./" + glob;
      if (this.random() < 0.1) glob = glob.replace(/./, (first) => first + this.pick(PIECES));
    } else {
      glob = this.repeat(8, () => this.pick(CHARACTERS)).join("");
    }
    return (this.random() < 0.15 ? "!" : "") + glob;
  }

  path() {
    return this.repeat(4, () => this.pick(NAMES) + (this.random() < 0.3 ? this.pick(NAMES) : "")).join("/");
  }

  /** A path that the glob may well match: its magic replaced by something likely. */
  pathLike(glob) {
    return glob
      .replace(/^!/, "")
      .replace(/\*\*/g, () => this.pick(["a", "a/b", ".x/b", "", "src/lib/c"]))
      .replace(/[*?]/g, () => this.pick(["a", "", "b", "ab", ".", "é"]))
      .replace(/\{([^{},]*),([^{}]*)\}/g, (_, one, other) => this.pick([one, other]))
      .replace(/[!@+*?]?\(([^()|]*)(\|[^()]*)?\)/g, (_, one, other) => this.pick([one, "", (other ?? "").slice(1), one + one]))
      .replace(/\[[^\]]*\]/g, () => this.pick(["a", "b", "!", "z"]))
      .replace(/\\/g, () => this.pick(["", "\\"]));
  }
}
