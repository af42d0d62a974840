package imagepinned

import (
	"strings"
	"unicode"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// weakness is what keeps a reference from naming one image for good.
type weakness string

const (
	sound     weakness = ""
	noTag     weakness = "has no tag, which means latest"
	latest    weakness = "is whatever was pushed last"
	moves     weakness = "has a tag that moves"
	noDigest  weakness = "has a tag and no digest"
	badDigest weakness = "has a digest that is not 64 hex digits long: nothing can be pulled by it"
)

// weaknessOf judges a reference as the container runtimes read it. What a placeholder hides isn't held against it.
func weaknessOf(image string) weakness {
	image = practice.Blank(strings.TrimSpace(image))
	if _, digest, pinned := strings.Cut(image, "@"); pinned {
		if hex, is256 := strings.CutPrefix(digest, "sha256:"); is256 && !strings.Contains(hex, practice.Unknown) && !isHex(hex, 64) {
			return badDigest
		}
		return sound
	}
	read := dockerfile.ParseImage(image)
	name := read.Path[strings.LastIndexByte(read.Path, '/')+1:]
	switch {
	case isOpen(read.Tag):
		return sound
	case read.Tag == "latest":
		return latest
	case read.Tag != "" && isFloating(read.Tag):
		return moves
	case read.Tag != "":
		return sound
	case strings.Contains(name, practice.Unknown) || strings.IndexFunc(name, unicode.IsUpper) >= 0:
		return sound // "${IMAGE}", "IMAGE_NAME": no repository has capitals
	}
	return noTag
}

// isOpen says that the tag is filled in later: "TAG", "VERSION_PLACEHOLDER", or with a placeholder.
func isOpen(tag string) bool {
	return strings.Contains(tag, practice.Unknown) || tag != "" && strings.Trim(tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// floating are words that name a branch, a channel or a variant and no version.
var floating = words("latest stable main master trunk head develop development dev devel edge nightly daily weekly snapshot unstable " +
	"testing test staging stage prod production release lts current canary next mainline rolling beta alpha rc preview experimental " +
	"alpine slim debian ubuntu bookworm bullseye buster trixie jammy focal noble bionic distroless nonroot debug fpm apache cli jre jdk full " +
	"amd64 arm64 linux musl perl otel management ci qa integration")

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// isFloating says that nothing in the tag is a version, a date or a commit: "main", "stable-alpine".
func isFloating(tag string) bool {
	for _, part := range strings.FieldsFunc(strings.ToLower(tag), func(r rune) bool { return r == '-' || r == '.' || r == '_' }) {
		if !floating[part] {
			return false
		}
	}
	return true
}

func isHex(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}
