"""A third party's verdict on YAML: python3-jsonschema's Draft7Validator, with PyYAML as the reader.

validate.py SCHEMA.json FILE.yaml...   a line a file: "ok FILE", or "bad FILE: why"
validate.py SCHEMA.json --values       from standard input a line a value, "KEY<TAB>YAML": "ok" or "bad" of each, as the
                                       schema's definition of that key says
"""
import json
import sys

import yaml
from jsonschema import Draft7Validator

schema = json.load(open(sys.argv[1], encoding="utf-8"))
Draft7Validator.check_schema(schema)
if sys.argv[2:] == ["--values"]:
    of_key = {}
    for line in sys.stdin:
        key, text = line.rstrip("\n").split("\t", 1)
        if key not in of_key:
            one = {"definitions": schema["definitions"], "allOf": [{"$ref": "#/definitions/" + key}]}
            of_key[key] = Draft7Validator(one)
        print("ok" if of_key[key].is_valid(yaml.safe_load(text)) else "bad")
else:
    validator = Draft7Validator(schema)
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            faults = [e.message[:300].replace("\n", " ") for e in validator.iter_errors(yaml.safe_load(file))]
        print("bad " + path + ": " + faults[0] if faults else "ok " + path)
