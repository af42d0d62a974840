package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/Masterminds/semver/v3"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// Artifact is what to read of a repository in an OCI registry, and how.
type Artifact struct {
	URL    string // oci://registry/path
	Ref    ArtifactRef
	Auth   Auth // with Verify, whose signatures count: what has none is not unpacked
	Limits Limits
}

// ArtifactRef is which artifact of a repository. At most one field is set; the zero ArtifactRef is the tag "latest".
type ArtifactRef struct {
	Tag    string
	SemVer string // a range of versions: the tag with the highest one in it; + in a version is _ in a tag, as Helm has it
	Digest string // sha256:…
}

func (r ArtifactRef) String() string {
	switch {
	case r.Digest != "":
		return "digest " + r.Digest
	case r.SemVer != "":
		return "version " + r.SemVer
	}
	return "tag " + cmp.Or(r.Tag, name.DefaultTag)
}

var digestShape = pattern.New(`^sha256:[0-9a-f]{64}$`)

// IsTag tells whether a tag can have this name (OCI distribution spec 1.1).
func IsTag(name string) bool {
	return len(name) > 0 && len(name) <= 128 && name[0] != '.' && name[0] != '-' &&
		!strings.ContainsFunc(name, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-'
		})
}

func (r ArtifactRef) check() error {
	switch {
	case r.Tag != "" && r.SemVer != "" || r.Tag+r.SemVer != "" && r.Digest != "":
		return hint.With(fmt.Errorf("%w: more than one of tag, semver and digest is set", errRef), "keep one of them")
	case r.Tag != "" && !IsTag(r.Tag):
		return hint.With(fmt.Errorf("%w: %q is not a name that a tag can have", errRef, r.Tag), "a tag has up to 128 letters, digits, dots, dashes and underscores")
	case r.Digest != "" && !digestShape().MatchString(r.Digest):
		return hint.With(fmt.Errorf("%w: digest %q", errRef, r.Digest), "write it as sha256: and 64 characters 0-9 and a-f")
	case r.SemVer != "":
		_, err := parseRange(r.SemVer)
		return err
	}
	return nil
}

// Artifact follows an artifact: its tar of manifests, or its chart, whose directory is the Snapshot's root then. It
// contacts nobody; an error means that the address, the login or the two together cannot be used.
func (s *Store) Artifact(a Artifact) (Head, error) { return s.artifact(a, "") }

func (s *Store) artifact(a Artifact, chart string) (*artifactHead, error) {
	repo, err := parseRegistry(a.URL)
	if err != nil {
		return nil, err
	}
	h := &artifactHead{url: ociScheme + repo.Name(), repo: repo, chart: chart, Artifact: a}
	h.Limits = a.Limits.orDefault()
	h.key = a.Auth.fingerprint(h.Limits)
	if err := a.Ref.check(); err != nil {
		return nil, fmt.Errorf("artifact %s: %w", h.url, err)
	}
	if h.access, err = a.Auth.ForRegistry(repo); err != nil {
		return nil, fmt.Errorf("artifact %s: %w", h.url, err)
	}
	if _, err := h.access.Transport(); err != nil {
		return nil, fmt.Errorf("artifact %s: %w", h.url, err)
	}
	h.shelf, err = s.shelf(h.url)
	return h, err
}

// goodArtifact is the digest that the login was let in to, and that was verified, last.
type goodArtifact struct{ digest, signer string }

func (h *artifactHead) isGood(digest string) bool {
	good := h.good.Load()
	return good != nil && good.digest == digest
}

// artifactHead follows an artifact.
type artifactHead struct {
	Artifact
	url    string
	repo   name.Repository
	chart  string // its name; "" if it need not be a chart
	access RegistryAccess
	key    key
	shelf  *shelf

	fetches flights[struct{}, *Snapshot]
	good    atomic.Pointer[goodArtifact]
}

func (h *artifactHead) URL() string { return h.url }

func (h *artifactHead) Identity() Identity {
	return Identity{h.url, fmt.Sprintf("%s of %q", h.Ref, h.chart), h.key}
}

// Fetch asks the registry what the reference stands for now, and brings it unless it is here.
func (h *artifactHead) Fetch(ctx context.Context) (*Snapshot, error) {
	snapshot, err := h.fetches.do(ctx, struct{}{}, func(ctx context.Context) (*Snapshot, error) {
		ctx, cancel := h.Limits.within(ctx)
		defer cancel()
		return h.fetch(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", h.url, err)
	}
	return snapshot, nil
}

func (h *artifactHead) fetch(ctx context.Context) (*Snapshot, error) {
	found := h.known()
	if found.digest == "" || !h.isGood(found.digest) || !h.shelf.has(found.digest) {
		var err error
		if found, err = h.ask(ctx); err != nil {
			return nil, err
		}
	}
	pack, err := h.shelf.get(ctx, arrival{found.digest, h.Limits}, h.bringer(found.digest))
	if err != nil {
		return nil, err
	}
	if h.chart != "" && pack.tree.find("Chart.yaml") == nil {
		return nil, hint.With(fmt.Errorf("%s is not a Helm chart", found.ref), "deliver it as spec.source.oci")
	}
	from := shelved{url: h.url, shelf: h.shelf, want: arrival{found.digest, h.Limits}, pack: pack, again: h.bringer(found.digest)}
	snapshot := newSnapshot(pack.tree, found.ref, from, h.Limits)
	snapshot.Revision.Version, snapshot.Revision.SignedBy = found.version, h.good.Load().signer
	return snapshot, nil
}

// foundArtifact is what a reference has turned out to be.
type foundArtifact struct{ digest, version, ref string }

// known is what needs no asking for.
func (h *artifactHead) known() foundArtifact {
	return foundArtifact{digest: h.Ref.Digest, ref: h.Ref.String()}
}

// ask has the registry let the login in, and say what the reference stands for; what that is has to be signed.
func (h *artifactHead) ask(ctx context.Context) (foundArtifact, error) {
	session, err := h.open(ctx)
	if err != nil {
		return foundArtifact{}, err
	}
	defer session.close()
	found, err := h.resolve(ctx, session)
	if err != nil {
		return foundArtifact{}, err
	}
	if h.isGood(found.digest) {
		return found, nil
	}
	good := goodArtifact{digest: found.digest}
	if h.Auth.Verify != nil {
		if good.signer, err = h.Auth.Verify.Artifact(ctx, h.repo.Digest(found.digest), session.options); err != nil {
			return foundArtifact{}, fmt.Errorf("%s: %w", found.ref, err)
		}
	}
	h.good.Store(&good)
	return found, nil
}

func (h *artifactHead) resolve(ctx context.Context, s *session) (foundArtifact, error) {
	found := h.known()
	tag := cmp.Or(h.Ref.Tag, name.DefaultTag)
	if h.Ref.SemVer != "" {
		version, err := h.findVersion(ctx, s)
		if err != nil {
			return found, err
		}
		found.version, tag = version, versionTag(version)
		found.ref = "version " + version
		if h.chart != "" {
			found.ref = "chart " + h.chart + " " + version
		}
	}
	var ref name.Reference = h.repo.Tag(tag)
	if h.Ref.Digest != "" {
		ref = h.repo.Digest(h.Ref.Digest)
	}
	digest, err := s.digest(ctx, ref)
	if errors.Is(err, ErrRefNotFound) || errors.Is(err, ErrRepositoryNotFound) {
		err = h.explainMissing(ctx, s, tag, err)
	}
	found.digest = digest
	return found, err
}

// findVersion returns the highest version in the range. One that is written out in full is taken as it is, for which
// no tags need be listed.
func (h *artifactHead) findVersion(ctx context.Context, s *session) (string, error) {
	if _, err := semver.StrictNewVersion(h.Ref.SemVer); err == nil {
		return h.Ref.SemVer, nil
	}
	tags, err := s.tags(ctx)
	if err != nil {
		return "", err
	}
	tag, err := highestVersion(tags, tagVersion, h.Ref.SemVer)
	if err != nil {
		return "", fmt.Errorf("%s: %w", h.Ref, err)
	}
	return tagVersion(tag), nil
}

// A tag has no +, so Helm and others write _ for it.
func versionTag(version string) string { return strings.ReplaceAll(version, "+", "_") }
func tagVersion(tag string) string     { return strings.ReplaceAll(tag, "_", "+") }

// explainMissing finds out whether it is the tag or the repository that isn't there, which an answer to HEAD can't say.
func (h *artifactHead) explainMissing(ctx context.Context, s *session, tag string, err error) error {
	tags, listErr := s.tags(ctx)
	switch {
	case listErr != nil && errors.Is(listErr, ErrRepositoryNotFound):
		return listErr
	case listErr != nil:
		return fmt.Errorf("%s: %w", h.Ref, err)
	case h.Ref.Digest != "":
		return hint.With(fmt.Errorf("%s: %w", h.Ref, ErrRefNotFound), "see that it has been pushed, and not been deleted")
	case slices.Contains(tags, tag):
		return hint.With(fmt.Errorf("%s: %w", h.Ref, ErrRefNotFound), goneHint)
	}
	return notAmong(h.Ref, tag, tags)
}
