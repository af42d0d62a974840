package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Chart is what to read of a Helm repository, and how.
type Chart struct {
	Repo    string // https://host/path or http://host/path, with an index.yaml; or oci://registry/path
	Name    string
	Version string // or a range of versions, of which the highest is read; the newest that is no pre-release when empty
	Auth    Auth   // with Verify only for charts in a registry
	Limits  Limits
}

var (
	errChart     = errors.New("not the name of a chart")
	errChartRepo = errors.New("not the address of a Helm repository")
)

// Chart follows a chart. The Snapshot's root is the chart's own directory. It contacts nobody; an error means that the
// address, the login or the two together cannot be used.
func (s *Store) Chart(c Chart) (Head, error) {
	if c.Name == "" || strings.ContainsAny(c.Name, "\\?#%@:") || strings.ContainsFunc(c.Name, isUnprintable) || path.Clean("/"+c.Name) != "/"+c.Name {
		return nil, fmt.Errorf("%w: %q", errChart, c.Name)
	}
	if strings.HasPrefix(c.Repo, ociScheme) {
		a := Artifact{
			URL: strings.TrimSuffix(c.Repo, "/") + "/" + c.Name, Ref: ArtifactRef{SemVer: cmp.Or(c.Version, "*")},
			Auth: c.Auth, Limits: c.Limits,
		}
		return s.artifact(a, path.Base(c.Name))
	}
	return s.chart(c)
}

func (s *Store) chart(c Chart) (*chartHead, error) {
	server, err := newChartServer(c.Repo, c.Auth)
	if errors.Is(err, errChartRepo) {
		return nil, err
	}
	h := &chartHead{Chart: c, chartServer: server}
	h.Limits = c.Limits.orDefault()
	h.key = h.auth.fingerprint(h.Limits)
	if err == nil {
		_, err = parseRange(h.wanted())
	}
	if err != nil {
		return nil, fmt.Errorf("chart %s of %s: %w", c.Name, h.at, err)
	}
	h.shelf, err = s.shelf(h.at.url)
	return h, err
}

// chartHead follows a chart of a repository with an index.
type chartHead struct {
	Chart
	chartServer // auth of which counts, not that of Chart
	key         key
	shelf       *shelf

	fetches flights[struct{}, *Snapshot]

	mu     sync.Mutex
	seen   indexTag
	listed []chartVersion
	sums   map[string]string // the digests of archives for which the index gives none, by version, address and time
}

func (h *chartHead) URL() string { return h.at.url }

func (h *chartHead) Identity() Identity {
	return Identity{h.at.url, fmt.Sprintf("chart %q %s", h.Name, h.Version), h.key}
}

func (h *chartHead) wanted() string { return cmp.Or(h.Version, "*") }

// Fetch asks the repository for its index and brings the highest version wanted, unless it is here.
func (h *chartHead) Fetch(ctx context.Context) (*Snapshot, error) {
	snapshot, err := h.fetches.do(ctx, struct{}{}, func(ctx context.Context) (*Snapshot, error) {
		ctx, cancel := h.Limits.within(ctx)
		defer cancel()
		return h.fetch(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("fetch chart %s of %s: %w", h.Name, h.at, err)
	}
	return snapshot, nil
}

func (h *chartHead) fetch(ctx context.Context) (*Snapshot, error) {
	versions, err := h.versions(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := h.choose(versions)
	if err != nil {
		return nil, err
	}
	if chosen.Digest, err = h.digest(ctx, chosen); err != nil {
		return nil, err
	}
	want := arrival{chosen.Digest, h.Limits}
	bring := func(ctx context.Context, p *packer) error { return h.bring(ctx, chosen, p) }
	pack, err := h.shelf.get(ctx, want, bring)
	if err != nil {
		return nil, err
	}
	from := shelved{url: h.at.url, shelf: h.shelf, want: want, pack: pack, again: bring}
	snapshot := newSnapshot(pack.tree, "chart "+h.Name+" "+chosen.Version, from, h.Limits)
	snapshot.Revision.Version = chosen.Version
	return snapshot, nil
}

// choose takes the version that is written as the wanted one, or else the highest in the range.
func (h *chartHead) choose(versions []chartVersion) (chartVersion, error) {
	var names []string
	for _, v := range versions {
		if v.Version == h.Version {
			return v, nil
		}
		names = append(names, v.Version)
	}
	if _, err := semver.StrictNewVersion(h.Version); err == nil {
		return chartVersion{}, notAmong(versionNamed(h.Version), h.Version, names)
	}
	chosen, err := highestVersion(versions, func(v chartVersion) string { return v.Version }, h.wanted())
	if err != nil {
		return chosen, fmt.Errorf("version %s: %w", h.wanted(), err)
	}
	return chosen, nil
}

type versionNamed string

func (v versionNamed) String() string { return "version " + string(v) }

// digest is that of the archive. An index need not tell it: then the archive is fetched to find out, once.
func (h *chartHead) digest(ctx context.Context, v chartVersion) (string, error) {
	if v.Digest != "" {
		digest := "sha256:" + strings.TrimPrefix(strings.ToLower(v.Digest), "sha256:")
		if !digestShape().MatchString(digest) {
			return "", fmt.Errorf("%w: version %s has the digest %.80q", errIndex, v.Version, v.Digest)
		}
		return digest, nil
	}
	name := fmt.Sprintf("%q %q %s", v.Version, v.URLs, v.Created)
	h.mu.Lock()
	digest := h.sums[name]
	h.mu.Unlock()
	if digest != "" {
		return digest, nil
	}
	file, digest, err := h.download(ctx, v)
	if err != nil {
		return "", err
	}
	file.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sums = map[string]string{name: digest} // only the latest is of use
	return digest, nil
}

// bring fetches an archive into a pack.
func (h *chartHead) bring(ctx context.Context, v chartVersion, p *packer) error {
	file, digest, err := h.download(ctx, v)
	if err != nil {
		return err
	}
	defer file.Close()
	if digest != v.Digest {
		return hint.With(fmt.Errorf("chart %s %s: %w: the index says %s, it is %s", h.Name, v.Version, errDigest, v.Digest, digest),
			"the archive was changed after it was listed: ask the repository's owner, who can list it anew with: helm repo index")
	}
	p.said = v.said(h.Name)
	u := unpacker{pack: p, ofChart: true}
	if err := u.unpack(ctx, file); err != nil {
		return fmt.Errorf("chart %s %s: %w", h.Name, v.Version, err)
	}
	if p.paths["Chart.yaml"] == nil {
		return hint.With(fmt.Errorf("chart %s %s: %w: it has no Chart.yaml", h.Name, v.Version, errArchive), "package the chart with: helm package")
	}
	return nil
}
