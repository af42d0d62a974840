package dockerfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sketch writes a file on a few lines: stages, instructions, problems.
func sketch(f *File) string {
	var b strings.Builder
	for _, s := range f.Stages {
		fmt.Fprintf(&b, "%d FROM %s", s.Line, s.Base)
		if s.Name != "" {
			b.WriteString(" as " + s.Name)
		}
		if s.Stage != nil {
			fmt.Fprintf(&b, " (line %d)", s.Stage.Line)
		}
		if s.Unresolved {
			b.WriteString(" unresolved")
		}
		if s.Platform != "" {
			b.WriteString(" for " + s.Platform)
		}
		b.WriteString("\n")
		for _, in := range s.Instructions {
			b.WriteString("  " + line(in) + "\n")
		}
	}
	for _, p := range f.Problems {
		fmt.Fprintf(&b, "! %d %v\n", p.Line, p.Err)
	}
	return b.String()
}

func line(in *Instruction) string {
	text := fmt.Sprintf("%d-%d %s %q", in.Line, in.EndLine, in.Keyword, in.Args)
	if in.OnBuild {
		text += " onbuild"
	}
	if in.Shell {
		text += " shell"
	}
	for _, name := range slices.Sorted(maps.Keys(in.Flags)) {
		text += fmt.Sprintf(" --%s=%q", name, in.Flags[name])
	}
	if in.Heredoc != "" {
		text += fmt.Sprintf(" <<%q", in.Heredoc)
	}
	return text
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"stages by name and number": {
			text: `FROM golang:1.26 AS Build
RUN go build -o /app
FROM build
FROM scratch
COPY --from=build --chown=1:1 /app /app
COPY --from=0 /app /b
ENTRYPOINT ["/app"]
`,
			want: `1 FROM golang:1.26 as build
  2-2 RUN ["go build -o /app"] shell
3 FROM build (line 1)
4 FROM scratch
  5-5 COPY ["/app" "/app"] --chown="1:1" --from="build"
  6-6 COPY ["/app" "/b"] --from="0"
  7-7 ENTRYPOINT ["/app"]
`,
		},
		"variables before the first FROM, defaults and what only the build knows": {
			text: `ARG VERSION=3.22
ARG IMAGE=alpine:${VERSION}
ARG REGISTRY
ARG EMPTY=
FROM ${IMAGE}
FROM ${REGISTRY}/node:22
FROM ${REGISTRY:-docker.io}/node:${TAG:-${OTHER:-22}}${SUFFIX:+-x}
FROM $EMPTY
FROM node:$VERSION-$TARGETARCH
FROM "$IMAGE"
`,
			want: `5 FROM alpine:3.22
6 FROM ${REGISTRY}/node:22 unresolved
7 FROM docker.io/node:22
8 FROM $EMPTY unresolved
9 FROM node:3.22-$TARGETARCH unresolved
10 FROM alpine:3.22
`,
		},
		"platforms": {
			text: "FROM --platform=$BUILDPLATFORM golang:1 AS build\nFROM --platform=linux/arm64 alpine:3\n",
			want: "1 FROM golang:1 as build for $BUILDPLATFORM\n2 FROM alpine:3 for linux/arm64\n",
		},
		"variables of a stage": {
			text: `ARG DIR=/srv
ARG USER_ID=1000
FROM a AS base
ARG DIR
ARG UNSET
ENV HOME=$DIR/app NAME="a b" LOWER=${HOME}x
ENV OLD style value
ARG HOME=/elsewhere
WORKDIR $HOME
USER ${USER_ID}
COPY --chown=$OLD "$UNSET" ./${DIR#/}/
RUN echo $HOME
CMD ["$HOME"]
FROM base
VOLUME ["$HOME", "/x"]
EXPOSE 80 ${PORT:-8080}
LABEL a=$NAME b='$NAME'
`,
			want: `3 FROM a as base
  4-4 ARG ["DIR"]
  5-5 ARG ["UNSET"]
  6-6 ENV ["HOME=/srv/app" "NAME=a b" "LOWER=${HOME}x"]
  7-7 ENV ["OLD=style value"]
  8-8 ARG ["HOME=/elsewhere"]
  9-9 WORKDIR ["/srv/app"]
  10-10 USER ["${USER_ID}"]
  11-11 COPY ["$UNSET" "./srv/"] --chown="style value"
  12-12 RUN ["echo $HOME"] shell
  13-13 CMD ["$HOME"]
14 FROM base (line 3)
  15-15 VOLUME ["/srv/app" "/x"]
  16-16 EXPOSE ["80" "8080"]
  17-17 LABEL ["a=a b" "b=$NAME"]
`,
		},
		"here-documents": {
			text: `FROM a
RUN <<EOF
apt-get update
apt-get install -y x
EOF
COPY <<-x.conf <<y /etc/
	x
	x.conf
y = 1
y
RUN --mount=type=cache,target=/a --mount=type=secret,id=b <<'END' bash
c
END
USER d
`,
			want: `1 FROM a
  2-5 RUN ["<<EOF"] shell <<"apt-get update\napt-get install -y x\n"
  6-10 COPY ["<<-x.conf" "<<y" "/etc/"] <<"x\ny = 1\n"
  11-13 RUN ["<<'END' bash"] shell --mount="type=cache,target=/a\ntype=secret,id=b" <<"c\n"
  14-14 USER ["d"]
`,
		},
		"continued lines with comments and empty ones between": {
			text: "FROM a\nRUN b \\\n  # why\n  && c \\\n\n  && d\nUSER e\n",
			want: "1 FROM a\n  2-6 RUN [\"b   && c   && d\"] shell\n  7-7 USER [\"e\"]\n",
		},
		"another escape": {
			text: "# escape=`\nFROM mcr.microsoft.com/windows/servercore:ltsc2025\nWORKDIR C:\\app\nRUN a `\n  b\nSHELL [\"powershell\", \"-Command\"]\nRUN Get-Item C:\\\nCMD c\n",
			want: `2 FROM mcr.microsoft.com/windows/servercore:ltsc2025
  3-3 WORKDIR ["C:\\app"]
  4-5 RUN ["a   b"] shell
  6-6 SHELL ["powershell" "-Command"]
  7-7 RUN ["Get-Item C:\\"] shell
  8-8 CMD ["c"] shell
`,
		},
		"what runs in the builds of others": {
			text: "FROM a\nONBUILD COPY --chown=1 . /app\nONBUILD RUN npm ci\nONBUILD ENV A=b\nENV B=$A\n",
			want: `1 FROM a
  2-2 COPY ["." "/app"] onbuild --chown="1"
  3-3 RUN ["npm ci"] onbuild shell
  4-4 ENV ["A=b"] onbuild
  5-5 ENV ["B=$A"]
`,
		},
		"health checks": {
			text: "FROM a\nHEALTHCHECK --interval=5s CMD curl -f http://localhost/ || exit 1\nHEALTHCHECK CMD [\"/check\", \"x\"]\nHEALTHCHECK NONE\n",
			want: `1 FROM a
  2-2 HEALTHCHECK ["curl -f http://localhost/ || exit 1"] shell --interval="5s"
  3-3 HEALTHCHECK ["/check" "x"]
  4-4 HEALTHCHECK ["NONE"]
`,
		},
		"lower case, byte order mark and carriage returns": {
			text: "\ufefffrom a as B\r\nrun c \\\r\n  d\r\nfrom b\r\ncmd [\"e\"]\r\n",
			want: "1 FROM a as b\n  2-3 RUN [\"c   d\"] shell\n4 FROM b (line 1)\n  5-5 CMD [\"e\"]\n",
		},
		"a list that is none is a shell's": {
			text: "FROM a\nCMD ['b', 'c']\n",
			want: "1 FROM a\n  2-2 CMD [\"['b', 'c']\"] shell\n",
		},
		"empty":         {text: "", want: "! 1 file with no instructions\n"},
		"only comments": {text: "# a\n\n# b\n", want: "! 1 file with no instructions\n"},
		"broken lines, and the rest is read on": {
			text: "FROM a\nENV B\nRUNN c\nCMD [\"d\", 1]\nCOPY e\nUSER f\n",
			want: `1 FROM a
  5-5 COPY ["e"]
  6-6 USER ["f"]
! 2 ENV must have two arguments
! 4 when using JSON array syntax, arrays must be comprised of strings only
! 3 unknown instruction: RUNN (did you mean RUN?)
! 5 COPY requires at least two arguments, but only one was provided. Destination could not be determined
`,
		},
		"half a file": {
			text: "FROM a\nUSER b\nRUN <<EOF\nc\n",
			want: "1 FROM a\n  2-2 USER [\"b\"]\n! 3 unterminated heredoc\n",
		},
		"ends in the middle of an instruction": {
			text: "FROM a\nRUN b \\",
			want: "1 FROM a\n  2-2 RUN [\"b\"] shell\n",
		},
		"a template": {
			text: "{{ if .A }}\nFROM {{ .Image }}\n{{ end }}\nRUN b\n",
			want: "2 FROM {{\n  4-4 RUN [\"b\"] shell\n! 1 unknown instruction: {{\n! 2 FROM requires either one or three arguments\n! 3 unknown instruction: {{\n",
		},
		"before the first FROM": {
			text: "RUN a\nFROM b\n",
			want: "2 FROM b\n! 1 RUN stands before the first FROM\n",
		},
		"a broken directive": {
			text: "# escape=x\nFROM b\n",
			want: "2 FROM b\n! 1 invalid escape token 'x' does not match ` or \\\n",
		},
		"a line too long": {
			text: "FROM a\nRUN " + strings.Repeat("x", 70_000) + "\nUSER b\n",
			want: "1 FROM a\n  3-3 USER [\"b\"]\n! 2 the line is longer than the builder reads (64 KiB)\n",
		},
		"a broken variable": {
			text: "FROM a:${B\nUSER ${C\n",
			want: "1 FROM a:${B unresolved\n  2-2 USER [\"${C\"]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, sketch(Parse("Dockerfile", []byte(test.text)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatHoldsInTheImage(t *testing.T) {
	f := Parse("Dockerfile", []byte("FROM debian:13 AS base\nUSER app\nCMD x\nONBUILD USER y\nFROM base AS mid\nFROM mid\nCOPY --from=1 a b\nCOPY --from=BASE a b\nCOPY --from=nginx a b\nCMD z\n"))
	final := f.Final()
	if user := final.Last("USER"); user == nil || user.Line != 2 {
		t.Errorf("USER that holds: %v", user)
	}
	if cmd := final.Last("CMD"); cmd == nil || cmd.Line != 10 {
		t.Errorf("CMD that holds: %v", cmd)
	}
	if final.Last("ENTRYPOINT") != nil || final.Root() != f.Stages[0] {
		t.Error("there is no ENTRYPOINT, and the root is the first stage")
	}
	for i, want := range []*Stage{f.Stages[1], f.Stages[0], nil} {
		if got := f.From(final.Instructions[i]); got != want {
			t.Errorf("%s copies from %v", final.Instructions[i].Text, got)
		}
	}
	if (&File{}).Final() != nil {
		t.Error("a file without stages has a final one")
	}
}

func TestCommands(t *testing.T) {
	for text, want := range map[string]string{
		"RUN a && b | c":                                    "a; b; c",
		`CMD ["node", "server.js"]`:                         "node server.js",
		`CMD ["sh", "-c", "a; exec b"]`:                     "a; exec b",
		"RUN bash -c 'a && b'":                              "bash -c a && b; a; b",
		"RUN <<EOF\na\nb c\nEOF":                            "a; b c",
		"RUN <<EOF\n#!/bin/bash -e\na\nEOF":                 "a",
		"RUN <<EOF\n#!/usr/bin/env python3\na\nEOF":         "",
		"RUN bash -e <<EOF\na\nEOF":                         "a",
		"RUN python <<EOF\na\nEOF":                          "python",
		"RUN cat <<EOF > /x && b\na\nEOF":                   "cat; b",
		"SHELL [\"powershell\", \"-c\"]\nRUN a; b":          "",
		"SHELL [\"/bin/bash\", \"-c\"]\nRUN a; b":           "a; b",
		"HEALTHCHECK CMD a || b":                            "a; b",
		"ENTRYPOINT exec a":                                 "exec a",
		"ENTRYPOINT []":                                     "",
		"RUN set -eux; \\\n # why\n apt-get update; \\\n b": "set -eux; apt-get update; b",
	} {
		f := Parse("Dockerfile", []byte("FROM x\n"+text+"\n"))
		in := f.Final().Instructions[len(f.Final().Instructions)-1]
		var got []string
		for _, c := range in.Commands() {
			got = append(got, strings.Join(c.Words, " "))
		}
		if diff := cmp.Diff(want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

func TestIsName(t *testing.T) {
	for name, want := range map[string]bool{
		"Dockerfile": true, "dockerfile": true, "Dockerfile.dev": true, "api.Dockerfile": true, "Containerfile": true, "web.dockerfile": true,
		"Dockerfiles": false, "README.md": false, "dockerfile_test.go": false, ".dockerignore": false,
	} {
		if IsName(name) != want {
			t.Errorf("IsName(%q) = %v", name, !want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"FROM a AS b\nRUN c && d\nFROM b\nCOPY --from=0 x y\n", "ARG A=1\nFROM x:${A:-${B}}\nENV C=$A D='$C'\n", "# escape=`\nFROM a\nRUN b `\n c\n",
		"FROM a\nRUN <<EOF\nb\nEOF\n", "FROM a\nONBUILD RUN b\nHEALTHCHECK CMD c\nSHELL [\"x\"]\n", "FROM a\nCMD [1]\nENV x\n", "\ufeffFROM a\r\n",
		"FROM a\nONBUILD RUN <<EOF\nb\nEOF\n", "FROM a:${b/c/d}${e%f}${g##h}\n", "#syntax=a\n#syntax=b\nFROM c\n", "FROM a\nCOPY <<a <<b /\na\nb\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := Parse("Dockerfile", text)
		if len(file.Stages) == 0 && len(file.Problems) == 0 {
			t.Errorf("%q has neither a stage nor a problem", text)
		}
		lines := strings.Count(string(text), "\n") + 1
		for _, p := range file.Problems {
			if p.Line < 1 || p.Line > lines || strings.HasPrefix(p.Err.Error(), "read the file") {
				t.Errorf("%q has a problem at line %d: %v", text, p.Line, p.Err)
			}
		}
		for _, s := range file.Stages {
			s.Root()
			s.Last("USER")
			for _, in := range s.Instructions {
				if in.Line < s.Line || in.EndLine < in.Line || in.EndLine > lines {
					t.Errorf("%q has an instruction at lines %d to %d", text, in.Line, in.EndLine)
				}
				in.Commands()
				file.From(in)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := []byte(`# syntax=docker/dockerfile:1
ARG GO=1.26
FROM --platform=$BUILDPLATFORM golang:${GO}-alpine AS build
WORKDIR /src
RUN apk add --no-cache git ca-certificates
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/server ./cmd/server

FROM debian:13-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/*
ENV PORT=8080 HOME=/srv/app
WORKDIR $HOME
COPY --from=build --chown=10001:10001 /out/server ./
USER 10001:10001
EXPOSE $PORT
ENTRYPOINT ["/srv/app/server"]
CMD ["--listen", ":8080"]
`)
	for b.Loop() {
		if len(Parse("Dockerfile", text).Problems) > 0 {
			b.Fatal("it has problems")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
