#!/usr/bin/env python3
"""Looks for credentials as botocore does. One JSON question a line on descriptor 4: {"env": {…}, "profile": NAME or
null}; on descriptor 3 the access key, secret key and session token that it finds, as a JSON list, or its error."""
import json
import os

import botocore.loaders
import botocore.session

LOADER = botocore.loaders.create_loader()


def find(asked):
    os.environ.clear()
    os.environ.update(asked["env"])
    session = botocore.session.Session(profile=asked["profile"])
    session.register_component("data_loader", LOADER)
    create_client = session.create_client

    def create_client_here(*arguments, **named):
        # Debian's botocore is older than the variable that says where a service is.
        named["region_name"] = "us-east-1"
        return create_client(*arguments, endpoint_url=asked["env"]["AWS_ENDPOINT_URL_STS"], **named)

    session.create_client = create_client_here
    found = session.get_credentials()
    if found is None:
        return "none"
    frozen = found.get_frozen_credentials()
    return [frozen.access_key, frozen.secret_key, frozen.token or ""]


answers, questions = os.fdopen(3, "w"), os.fdopen(4)
for line in questions:
    try:
        answer = find(json.loads(line))
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(json.dumps(answer), file=answers, flush=True)
