package hook

import (
	"errors"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// image is news of a registry: what its tag is now may be something else than before.
type image struct{ repository, tag string }

// mostTags of one delivery are told. Each is the same question to the registry, so more would be no news.
const mostTags = 100

var (
	// https://github.com/distribution/reference, with the registry's host before it
	repositoryShape = pattern.New(`^[a-zA-Z0-9][a-zA-Z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`)
	tagShape        = pattern.New(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)

	errNoImage = errors.New("signature is right, but the body names no image and tag")
)

// imageEvent is the last step of every reader of images. What was pushed without a tag, by its digest, is no news: no policy
// chooses it.
func imageEvent(images []image, id string, once ...[]byte) (event, error) {
	var tagged []image
	for _, i := range images {
		switch {
		case i.tag == "" || strings.Contains(i.tag, ":"):
		case len(i.repository) > 255 || !repositoryShape().MatchString(i.repository) || !tagShape().MatchString(i.tag):
			return event{}, errNoImage
		default:
			tagged = append(tagged, i)
		}
	}
	return event{images: tagged[:min(len(tagged), mostTags)], ignored: len(tagged) == 0, delivery: printable(id, 128), once: once}, nil
}

// withoutTag is the repository of "host/name:tag".
func withoutTag(reference string) string {
	if at := strings.LastIndex(reference, ":"); at > strings.LastIndex(reference, "/") {
		return reference[:at]
	}
	return reference
}
