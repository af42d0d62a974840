package multistagebuild

import (
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

// language is what is compiled, and what the result needs to run.
type language struct {
	name, build, runtime string
}

var (
	golang = &language{"Go", "golang", "gcr.io/distroless/static:nonroot"}
	rust   = &language{"Rust", "rust", "gcr.io/distroless/cc-debian13:nonroot"}
	c      = &language{"C", "gcc", "debian:13-slim"}
	java   = &language{"Java", "maven or gradle", "eclipse-temurin:25-jre"}
	script = &language{"TypeScript", "node", "node:24-slim, with `npm ci --omit=dev`"}
	dotnet = &language{".NET", "mcr.microsoft.com/dotnet/sdk", "mcr.microsoft.com/dotnet/aspnet:10.0"}
	swift  = &language{"Swift", "swift", "swift:6-slim"}
	other  = &language{"compiled", "the compiler's image", "debian:13-slim"}
)

// compilers are the programs that compile, with the first arguments that make them do so: nil for any.
var compilers = map[string]struct {
	of   *language
	when []string
}{
	"go":    {golang, []string{"build", "install"}},
	"cargo": {rust, []string{"build", "install", "rustc"}}, "rustc": {rust, nil},
	"gcc": {c, nil}, "g++": {c, nil}, "cc": {c, nil}, "c++": {c, nil}, "clang": {c, nil}, "clang++": {c, nil}, "cmake": {c, nil}, "configure": {c, nil},
	"ninja": {c, nil}, "meson": {c, []string{"setup", "compile", "install", "build"}},
	"mvn": {java, mavenPhases}, "mvnw": {java, mavenPhases}, "gradle": {java, gradleTasks}, "gradlew": {java, gradleTasks},
	"javac": {java, nil}, "sbt": {java, []string{"assembly", "compile", "package", "stage", "dist"}}, "ant": {java, nil},
	"dotnet": {dotnet, []string{"publish", "build", "pack"}}, "msbuild": {dotnet, nil},
	"swift": {swift, []string{"build"}}, "swiftc": {swift, nil},
	"stack": {other, []string{"build", "install"}}, "cabal": {other, []string{"build", "install"}}, "ghc": {other, nil}, "zig": {other, []string{"build", "build-exe"}},
	"tsc": {script, nil}, "ng": {script, []string{"build"}}, "vite": {script, []string{"build"}}, "next": {script, []string{"build"}},
	"nuxt": {script, []string{"build", "generate"}}, "webpack": {script, nil}, "esbuild": {script, nil}, "nest": {script, []string{"build"}},
	"npm": {script, packageScripts}, "yarn": {script, packageScripts}, "pnpm": {script, packageScripts}, "bun": {script, packageScripts},
}

var (
	mavenPhases    = []string{"compile", "package", "verify", "install", "deploy"}
	gradleTasks    = []string{"build", "assemble", "jar", "bootJar", "shadowJar", "installDist", "war", "bootWar", "distTar", "fatJar"}
	packageScripts = []string{"build", "compile", "tsc", "build:prod", "build:production"}
)

// runners compile and run at once, each with the first arguments that make it do so.
var runners = map[string][]string{
	"go": {"run"}, "cargo": {"run", "watch"}, "dotnet": {"run", "watch"}, "swift": {"run"}, "mvn": {"spring-boot:run", "exec:java", "quarkus:dev"},
	"mvnw": {"spring-boot:run", "exec:java", "quarkus:dev"}, "gradle": {"bootRun", "run"}, "gradlew": {"bootRun", "run"}, "ng": {"serve"},
	"ts-node": nil, "ts-node-dev": nil,
}

// launched is the program a command runs and its arguments, past npx, sh FILE and their like.
func launched(cmd *shell.Command) (name string, args []string) {
	name, args = cmd.Program()
	for len(args) > 0 && (name == "npx" || name == "bunx" || name == "pnpx" || shell.IsShell(name)) && !strings.HasPrefix(args[0], "-") {
		name, args = path.Base(args[0]), args[1:]
	}
	return name, args
}

// compiled is the language that a command compiles, and the command in short; nil if it compiles nothing.
func compiled(cmd *shell.Command) (of *language, short string) {
	name, args := launched(cmd)
	compiler, known := compilers[name]
	if !known {
		return nil, ""
	}
	if compiler.when == nil {
		if isQuestion(args) {
			return nil, ""
		}
		return compiler.of, name
	}
	for _, arg := range args {
		task := strings.TrimPrefix(arg[strings.LastIndexByte(arg, ':')+1:], "-")
		if slices.Contains(compiler.when, arg) || compiler.of == java && slices.Contains(compiler.when, task) {
			switch isScript := args[0] == "run" || args[0] == "run-script"; {
			case isScript:
				name += " run"
			case name == "npm":
				return nil, ""
			}
			return compiler.of, name + " " + arg
		}
		if !strings.HasPrefix(arg, "-") && compiler.of != java && arg != "run" && arg != "run-script" && arg != "workspace" {
			return nil, "" // another subcommand
		}
	}
	return nil, ""
}

// isQuestion says that a compiler is only asked for its version or the like.
func isQuestion(args []string) bool {
	return len(args) == 1 && slices.Contains([]string{"--version", "-version", "-v", "-V", "--help", "-h"}, args[0])
}

// starts says that a command compiles and runs at once.
func starts(cmd *shell.Command) bool {
	name, args := launched(cmd)
	when, known := runners[name]
	return known && (when == nil || slices.ContainsFunc(args, func(arg string) bool { return slices.Contains(when, arg) }))
}

// isTool says that a command's program is of a toolchain: an image that starts it is one on purpose.
func isTool(cmd *shell.Command) bool {
	name, _ := launched(cmd)
	_, compiler := compilers[name]
	return compiler && !slices.Contains([]string{"npm", "yarn", "pnpm", "bun", "next", "nuxt", "dotnet"}, name) || name == "make"
}

// toolchain is the language whose compiler a base image has; nil for none that is known.
func toolchain(name string) *language {
	image := dockerfile.ParseImage(name)
	switch official := image.Official(); official {
	case "golang":
		return golang
	case "rust":
		return rust
	case "gcc", "buildpack-deps":
		return c
	case "maven", "gradle":
		return java
	case "haskell":
		return other
	case "swift":
		if !strings.Contains(image.Tag, "slim") {
			return swift
		}
	case "eclipse-temurin", "openjdk":
		if image.Tag != "" && !strings.Contains(image.Tag, "jre") && !strings.Contains(image.Tag, "$") {
			return java
		}
	}
	switch {
	case image.Host == "mcr.microsoft.com" && strings.HasPrefix(image.Path, "dotnet/sdk"):
		return dotnet
	case strings.Contains(image.Tag, "jdk"):
		return java
	}
	return nil
}

// isBuildPackage says whether a package of a distribution is only needed to build something.
func isBuildPackage(name string) bool {
	name, _, _ = strings.Cut(name, "=")
	name = strings.TrimRight(name, "~<>")
	if strings.HasSuffix(name, "-dev") || strings.HasSuffix(name, "-devel") || strings.HasPrefix(name, "dotnet-sdk") {
		return true
	}
	if strings.HasPrefix(name, "openjdk") && strings.HasSuffix(name, "-jdk") {
		return true
	}
	return slices.Contains(buildPackages, name)
}

var buildPackages = []string{
	"build-essential", "build-base", "alpine-sdk", "gcc", "g++", "gcc-c++", "clang", "make", "cmake", "autoconf", "automake", "libtool", "ninja-build",
	"ninja", "meson", "pkg-config", "pkgconf", "linux-headers", "golang", "golang-go", "go", "cargo", "rust", "rustc", "maven", "gradle", "default-jdk",
	"default-jdk-headless", "bison", "flex", "nasm", "yasm",
}
