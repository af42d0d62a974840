package update

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// version is what of an image's reference says which one of a repository is meant.
type version struct{ tag, digest string }

// See https://github.com/opencontainers/distribution-spec/blob/main/spec.md (tags) and descriptor.md of the image's (digests).
var (
	tagForm        = pattern.New(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	digestForm     = pattern.New(`^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)
	repositoryForm = pattern.New(`^[A-Za-z0-9](?:[A-Za-z0-9.-]*:[0-9]+/)?[A-Za-z0-9._/-]*$`)
	referenceForm  = pattern.New(`^[A-Za-z0-9](?:[A-Za-z0-9.-]*:[0-9]+/)?[A-Za-z0-9._/-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?(?:@[a-z0-9]+:[0-9a-f]+)?$`)
)

// parseVersion reads "1.5", "sha256:…", "@sha256:…" and "1.5@sha256:…"; what is none of these is refused.
func parseVersion(text string) (version, error) {
	var v version
	if strings.Contains(text, ":") && !strings.Contains(text, "@") {
		v.digest = text
	} else {
		v.tag, v.digest, _ = strings.Cut(text, "@")
	}
	switch {
	case v.digest == "" && !tagForm().MatchString(text), v.tag != "" && !tagForm().MatchString(v.tag), strings.HasSuffix(text, "@"):
		return version{}, hint.With(fmt.Errorf("%q is no tag of an image", text), "a tag has up to 128 letters, digits, dots, dashes and underscores, and begins with neither dot nor dash")
	case v.digest != "" && !digestForm().MatchString(v.digest):
		return version{}, hint.With(fmt.Errorf("%q is no digest of an image", v.digest), "give it as sha256: and 64 digits from 0 to f")
	}
	return v, nil
}

// String is how it is written behind a name: "1.5@sha256:…".
func (v version) String() string {
	if v.digest == "" || v.tag == "" {
		return v.tag + v.digest
	}
	return v.tag + "@" + v.digest
}

// over is what becomes of another version: a digest alone leaves the tag that is written before it.
func (v version) over(was version) version {
	if v.tag == "" {
		v.tag = was.tag
	}
	return v
}

// isAs says whether a version means what another does: of an image that is named by its digest alone, the tag isn't told.
func (v version) isAs(want version) bool {
	return v == want || v.tag == "" && v.digest != "" && v.digest == want.digest
}

// reference is the text of an image's name with a version.
func (v version) reference(name string) string {
	if v.tag != "" {
		name += ":" + v.tag
	}
	if v.digest != "" {
		name += "@" + v.digest
	}
	return name
}

func parseReference(text string) (name string, v version) {
	i := parseImage(text)
	return i.name, version{i.tag, i.digest}
}

// repositoryOf is an image's name with its registry, however people write it: "docker.io/library/nginx".
func repositoryOf(name string) string {
	i := dockerfile.ParseImage(name)
	return i.Host + "/" + i.Path
}

// parseRepository reads the name of an image without a version.
func parseRepository(name string) (string, error) {
	if i := parseImage(name); !repositoryForm().MatchString(name) || i.tag != "" || i.digest != "" {
		return "", hint.With(fmt.Errorf("%q is no name of an image", name), "give it without a tag, such as ghcr.io/acme/web")
	}
	return repositoryOf(name), nil
}

// looksLikeReference says whether a text may name an image; one with a colon that ends it, or a URL, doesn't.
func looksLikeReference(text string) bool {
	return referenceForm().MatchString(text) && !strings.HasSuffix(text, "/") && !strings.Contains(text, "//")
}

var errNoVersion = hint.With(errors.New("there is no field for it"), "write the tag by hand once")
