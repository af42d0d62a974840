package practice

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// started is what a scope's containers and Dockerfiles start: the place, whose it is, and the commands.
func started(s *Scope) []string {
	var out []string
	judge := &Practice{ID: "started", Severity: Info, Inputs: Manifests | Dockerfiles, Run: func(p *Pass) {
		for s := range p.Starts() {
			var commands []string
			for _, c := range s.Script.Commands {
				commands = append(commands, strings.Join(c.Words, " "))
			}
			p.Reportf(s.At, "%s: %s", s.Whose, strings.Join(commands, " | "))
		}
	}}
	for _, f := range Judge(s, []*Practice{judge}) {
		out = append(out, strings.TrimPrefix(f.Field+" "+f.Message, " "))
	}
	return out
}

func TestContainersStart(t *testing.T) {
	set := manifest.Read("pod.yaml", []byte(`apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  volumes: [{name: scripts, configMap: {name: scripts}}]
  initContainers: [{name: init, image: x, command: [cp, a, b]}]
  containers:
  - {name: inline, image: x, command: [/bin/sh, -ec], args: ["a && b"]}
  - {name: script, image: x, command: [bash, -x, /s/run.sh], volumeMounts: [{name: scripts, mountPath: /s}]}
  - {name: sub, image: x, args: [/go], volumeMounts: [{name: scripts, mountPath: /go, subPath: run.sh}]}
  - {name: other, image: x, command: [/s/run.py], volumeMounts: [{name: scripts, mountPath: /s/}]}
  - {name: entry, image: x, args: [docker-entrypoint.sh, nginx, -g, x]}
  - {name: silent, image: x}
  - {name: wrong, image: x, command: "sh"}
  ephemeralContainers: [{name: debug, image: x, command: [sh]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts}
data:
  run.sh: "#!/usr/bin/env bash\nc\nexec d"
  run.py: "#!/usr/bin/env python\nprint()"
---
apiVersion: v1
kind: Pod
metadata: {name: owned, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: a, uid: b, controller: true}]}
spec: {containers: [{name: a, image: x, command: [a]}]}
`))
	want := []string{
		`spec.initContainers[0].command[0] init container "init": cp a b`,
		`spec.containers[0].args[0] container "inline": a | b`,
		`spec.containers[3].command[0] container "other": /s/run.py`,
		`spec.containers[4].args[0] container "entry": nginx -g x`,
		`data[run.sh] container "script": c | exec d`,
		`data[run.sh] container "sub": c | exec d`,
	}
	if diff := cmp.Diff(want, started(&Scope{Objects: set.Objects})); diff != "" {
		t.Error(diff)
	}
}

func TestDockerfilesStart(t *testing.T) {
	for text, want := range map[string]string{
		"FROM a\nCMD node x":                                           "CMD: node x",
		"FROM a\nCMD [\"node\", \"x\"]":                                "CMD: node x",
		"FROM a\nENTRYPOINT [\"tini\", \"--\"]\nCMD [\"node\", \"x\"]": "CMD: tini -- node x",
		"FROM a\nENTRYPOINT [\"/app\"]\nCMD [\"-x\"]":                  "ENTRYPOINT: /app -x",
		"FROM a\nENTRYPOINT app\nCMD [\"x\"]":                          "ENTRYPOINT: app",
		"FROM a\nENTRYPOINT [\"/docker-entrypoint.sh\"]\nCMD [\"a\"]":  "CMD: a",
		"FROM a AS x\nCMD [\"b\"]\nFROM x\nRUN c":                      "CMD: b",
		"FROM a AS x\nCMD [\"b\"]\nFROM c":                             "",
		"FROM a\nCOPY <<E /s\nb\nexec c\nE\nENTRYPOINT [\"/s\"]":       "ENTRYPOINT: b | exec c",
		"FROM a\nSHELL [\"powershell\"]\nCMD b":                        "",
		"FROM a\nONBUILD CMD b":                                        "",
		"FROM a\nCMD":                                                  "",
		"":                                                             "",
	} {
		got := strings.Join(started(&Scope{Dockerfiles: []*dockerfile.File{dockerfile.Parse("Dockerfile", []byte(text))}}), "\n")
		if got != want {
			t.Errorf("%q starts %q, want %q", text, got, want)
		}
	}
}

func TestCallsOfFunctions(t *testing.T) {
	s := &Start{Text: "serve() { a; }\nwait_for () { b; }\nfunction stop { c; }\nfunction log() { d; }\nserve & stop; erve"}
	for name, want := range map[string]bool{"serve": true, "wait_for": true, "stop": true, "log": true, "erve": false, "a": false, "function": false} {
		if got := s.Calls(name); got != want {
			t.Errorf("Calls(%q) = %v", name, got)
		}
	}
}
