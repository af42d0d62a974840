// Package trustedbaseimage is the practice that images start from what a trusted publisher made, and from exactly that.
package trustedbaseimage

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is trusted-base-image.
var Practice = &practice.Practice{
	ID:       "trusted-base-image",
	Title:    "Base images come from trusted publishers and are pinned by digest",
	Category: practice.Building,
	Severity: practice.Warning,
	Inputs:   practice.Dockerfiles | practice.Manifests | practice.Cluster,
	Leads:    "whoever can push that image puts code into every container that is built from it",
	Fix:      "start from an official image or one of a publisher that the team has agreed on, or from a copy in the team's own registry",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{
		{Name: publishersToo, Default: []string(nil), About: "registries, or names on one, whose images are trusted, such as registry.example.com and ghcr.io/acme", Valid: isPublisher},
		{Name: wellKnown, Default: true, About: "whether well-known publishers, and registries that aren't open to everybody, are trusted besides"},
		{Name: requireDigest, Default: false, About: "whether a base image without a digest is more than advice"},
	},
	Files: files,
	Run:   run,
}

// The parameters.
const (
	publishersToo = "publishers"
	wellKnown     = "well-known"
	requireDigest = "require-digest"
)

func isPublisher(name string) error {
	if host, _, _ := strings.Cut(name, "/"); !strings.ContainsAny(host, ".:") && host != "localhost" || strings.HasSuffix(name, "/") {
		return fmt.Errorf("%q is no registry or name on one, such as ghcr.io/acme or docker.io/acme", name)
	}
	return nil
}

func run(p *practice.Pass) {
	for file := range p.Files() {
		seen := map[string]bool{}
		for _, use := range file.Images() {
			if !seen[use.Name] {
				judge(p, file, use)
			}
			seen[use.Name] = true
		}
	}
	// Of what a pod runs only the mistyped is told: its publisher is most often the team itself.
	for pod := range p.Pods() {
		for c := range pod.Containers() {
			image := dockerfile.ParseImage(c.Image)
			if meant := mistyped(image); meant != "" && !isAgreed(p, c.At("image"), image) && !strings.Contains(c.Image, "{{") {
				noteMistyped(p, c.At("image"), "image", c.Image, meant)
			}
		}
	}
}

func judge(p *practice.Pass, file *dockerfile.File, use dockerfile.Use) {
	image, what, at := dockerfile.ParseImage(use.Name), "image", practice.Line(file, use.Line)
	if use.Base {
		what = "base image"
	}
	if strings.Contains(image.Host+image.Path, "$") {
		return // only the build knows whose it is
	}
	meant, isKnown := mistyped(image), false
	publisher := publisherOf(image)
	if practice.Value[bool](p, wellKnown, at) {
		isKnown = isTrusted(image) || slices.Contains(own(file), publisher)
	}
	switch {
	case isAgreed(p, at, image):
	case meant != "":
		noteMistyped(p, at, what, use.Name, meant)
		return
	case !isKnown:
		p.Reportf(at, "%s %q is published by %q, who is not on the list of trusted publishers", what, use.Name, publisher)
	}
	if image.Digest == "" && !strings.Contains(image.Tag, "$") {
		severity := practice.Info
		if practice.Value[bool](p, requireDigest, at) {
			severity = practice.Warning
		}
		p.Report(practice.Note{
			At: at, Severity: severity, Cause: "digest of " + use.Name,
			Message: fmt.Sprintf("%s %q is not pinned by digest", what, use.Name),
			Leads:   "the publisher, or whoever has the publisher's password, moves the tag, and the next build starts from something else",
			Fix: fmt.Sprintf("write %s@sha256:… (`docker buildx imagetools inspect %s` prints it), and have a bot move it",
				use.Name, use.Name),
		})
	}
}

func noteMistyped(p *practice.Pass, at practice.Place, what, name, meant string) {
	p.Report(practice.Note{
		At: at, Severity: practice.Error,
		Message: fmt.Sprintf("%s %q is one letter away from %q", what, name, meant),
		Leads:   "names like this are taken by people who wait for the slip: what they put there runs as if it were the real one",
		Fix:     fmt.Sprintf("write %s", meant),
	})
}

// publisherOf is who may push an image: the registry and the first part of the name on it.
func publisherOf(image dockerfile.Image) string {
	name, _, _ := strings.Cut(image.Path, "/")
	return image.Host + "/" + name
}

// isAgreed says that the team itself has said whom it trusts, and the image is theirs.
func isAgreed(p *practice.Pass, at practice.Place, image dockerfile.Image) bool {
	return isOf(image, practice.Value[[]string](p, publishersToo, at))
}

func isOf(image dockerfile.Image, publishers []string) bool {
	name := image.Host + "/" + image.Path
	return slices.ContainsFunc(publishers, func(publisher string) bool { return strings.HasPrefix(name, publisher+"/") })
}

func isTrusted(image dockerfile.Image) bool {
	return !slices.Contains(open, image.Host) || isOf(image, publishers)
}

// own are the publishers that the file's labels say it is of: an image of the same house is trusted.
func own(file *dockerfile.File) []string {
	var names []string
	for _, s := range file.Stages {
		for _, in := range s.Instructions {
			for _, pair := range in.Args {
				source, ok := strings.CutPrefix(pair, "org.opencontainers.image.source=https://github.com/")
				if owner, _, _ := strings.Cut(source, "/"); ok && in.Keyword == "LABEL" {
					names = append(names, "ghcr.io/"+strings.ToLower(owner), "docker.io/"+strings.ToLower(owner))
				}
			}
		}
	}
	return names
}

// mistyped is the well-known name that an image's is one letter away from, or "".
func mistyped(image dockerfile.Image) string {
	if name := image.Official(); name != "" {
		if i := near(name, dockerfile.Official); i >= 0 {
			return dockerfile.Official[i]
		}
		return ""
	}
	isOpen := slices.Contains(open, image.Host)
	if isOpen && isTrusted(image) {
		return ""
	}
	theirs := publisherOf(image)
	if slices.Contains(publishers, theirs) {
		return ""
	}
	for _, publisher := range publishers {
		host, name, named := strings.Cut(publisher, "/")
		switch {
		case isOpen || named && image.Host == host:
			if len(name) > shortest && image.Host == host && near(theirs, []string{publisher}) == 0 {
				return publisher
			}
		case !named && len(host) > 2*shortest && near(image.Host, []string{host}) == 0:
			return host
		}
	}
	return ""
}

// shortest name whose neighbours are slips: of shorter ones they are words of their own ("base" is no mistyped "bash").
const shortest = 5

// near is the index of the name that another is one letter away from, or -1: if it is one of them, or too short to say.
func near(name string, names []string) int {
	if slices.Contains(names, name) {
		return -1
	}
	return slices.IndexFunc(names, func(known string) bool {
		return len(known) >= shortest && oneApart(name, known) || len(known) == shortest-1 && swapped(name, known)
	})
}

// oneApart says that one letter added, left out, replaced or swapped with the next makes one word of the other.
func oneApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) == len(b):
		return i < len(a) && (a[i+1:] == b[i+1:] || swapped(a, b))
	case len(a)+1 == len(b):
		return a[i:] == b[i+1:]
	}
	return false
}

// swapped says that two letters side by side are swapped, and nothing else differs.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
