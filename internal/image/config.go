package image

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// config is what of an image's configuration is of use here.
type config struct {
	v1.Platform
	Created string `json:"created"`
	Config  struct {
		Labels map[string]string `json:"Labels"`
	} `json:"config"`
}

func (r *Repository) config(ctx context.Context, at v1.Descriptor) (c config, err error) {
	if at.Size > mostContent {
		return c, errSize
	}
	found, err := r.fetchExact(ctx, "blobs", at.Digest.String(), nil)
	if err == nil && json.Unmarshal(found.text, &c) != nil {
		err = fmt.Errorf("%w: its configuration can't be read", ErrUnusable)
	}
	return c, err
}

// Labels of the OCI image spec ("Pre-Defined Annotation Keys").
const (
	labelPrefix  = "org.opencontainers.image."
	createdLabel = labelPrefix + "created"
)

// labelsOf gathers the labels that are known to all; the first to have one counts.
func labelsOf(from ...map[string]string) map[string]string {
	const most, longest = 32, 1 << 10
	labels := map[string]string{}
	for _, all := range from {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			value := printable(all[name])
			if _, is := labels[name]; is || !strings.HasPrefix(name, labelPrefix) || len(labels) == most || len(name)+len(value) > longest {
				continue
			}
			labels[printable(name)] = value
		}
	}
	return labels
}

// printable leaves out what would play with a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
}

// builtAt takes the first time that can be true.
func builtAt(texts ...string) time.Time {
	for _, text := range texts {
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.Year() >= 1990 {
			return at.UTC()
		}
	}
	return time.Time{}
}
