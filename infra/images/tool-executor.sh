#!/bin/sh
# What the manifests of skills start: the executor, with the token of the skill where programs look for it.
token=/secrets/github-token/GH_TOKEN
if [ -r "$token" ]; then
  GH_TOKEN=$(cat "$token")
  export GH_TOKEN
fi
exec node /app/skill-executor.js "$@"
