package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// session is a few questions to a registry, with one login and the same connections.
type session struct {
	head      *artifactHead
	puller    *remote.Puller
	options   []remote.Option
	transport *http.Transport
}

func (h *artifactHead) open(ctx context.Context) (*session, error) {
	transport, err := h.access.Transport()
	if err != nil {
		return nil, err
	}
	options := h.access.options(ctx, transport)
	puller, err := remote.NewPuller(options...)
	if err != nil {
		return nil, err
	}
	return &session{head: h, puller: puller, options: options, transport: transport}, nil
}

func (s *session) close() { s.transport.CloseIdleConnections() }

func (s *session) explain(ctx context.Context, err error) error {
	return s.head.access.Explain(ctx, err)
}

// explainGone is explain of a part of an artifact that the registry has just told of: what isn't there has gone.
func (s *session) explainGone(ctx context.Context, err error) error {
	err = s.explain(ctx, err)
	if errors.Is(err, ErrRefNotFound) || errors.Is(err, ErrRepositoryNotFound) {
		return hint.With(ErrRefNotFound, goneHint)
	}
	return err
}

const goneHint = "the registry tells of it, but has it no more: push it again"

// isAltered says whether what came has not the digest or size that it was asked for by. The library's words for it have
// no type that can be asked for.
func isAltered(err error) bool {
	if err == nil {
		return false
	}
	said := err.Error()
	return strings.HasPrefix(said, "error verifying ") || strings.HasPrefix(said, "manifest digest: ") ||
		strings.HasPrefix(said, "GET ") && strings.Contains(said, ": Content-Length header ")
}

// digest asks what a reference stands for.
func (s *session) digest(ctx context.Context, ref name.Reference) (string, error) {
	found, err := s.puller.Head(ctx, ref)
	if err == nil {
		return found.Digest.String(), nil
	}
	if !strings.Contains(err.Error(), "response did not include") { // nor has this
		return "", s.explain(ctx, err)
	}
	// Some registries leave out of an answer to HEAD what they have to say.
	whole, err := s.puller.Get(ctx, ref)
	if err != nil {
		return "", s.explain(ctx, err)
	}
	return whole.Digest.String(), nil
}

// tags lists all tags.
func (s *session) tags(ctx context.Context) ([]string, error) {
	const most = 100_000
	lister, err := s.puller.Lister(ctx, s.head.repo)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	var tags []string
	for lister.HasNext() {
		page, err := lister.Next(ctx)
		if err != nil {
			return nil, s.explain(ctx, err)
		}
		if tags = append(tags, page.Tags...); len(tags) > most {
			return nil, hint.With(fmt.Errorf("%w: more than %d tags", ErrTooLarge, most), "name a tag or digest")
		}
	}
	return tags, nil
}

// bringer fetches the artifact with a digest into a pack.
func (h *artifactHead) bringer(digest string) func(context.Context, *packer) error {
	return func(ctx context.Context, p *packer) error {
		s, err := h.open(ctx)
		if err != nil {
			return err
		}
		defer s.close()
		return s.bring(ctx, digest, p)
	}
}

var errNotManifests = errors.New("not an artifact of manifests")

func (s *session) bring(ctx context.Context, digest string, p *packer) error {
	found, err := s.puller.Get(ctx, s.head.repo.Digest(digest))
	if err := s.explainGone(ctx, err); err != nil {
		return fmt.Errorf("manifest %s: %w", digest, err)
	}
	if found.MediaType.IsIndex() {
		return hint.With(fmt.Errorf("%w: an index of several", errNotManifests), "name the digest of one of them, or push the manifests alone")
	}
	said, err := v1.ParseManifest(bytes.NewReader(found.Manifest))
	if err != nil {
		return hint.With(fmt.Errorf("%w: it is no manifest: %w", errAnswer, err), seeWhatAnswers)
	}
	p.said = saidOf(said.Annotations)
	var size int64
	layers := slices.DeleteFunc(said.Layers, func(l v1.Descriptor) bool { return !isContent(l) })
	if len(layers) == 0 {
		return hint.With(fmt.Errorf("%w: none of its %d layers is a tar, a chart or a file with a name", errNotManifests, len(said.Layers)),
			"push a directory with: oras push, flux push artifact or helm push")
	}
	for _, layer := range layers {
		if size += layer.Size; size > p.limits.MaxTreeSize {
			return hint.With(fmt.Errorf("%w: it has more than %s", ErrTooLarge, byteSize(p.limits.MaxTreeSize)), "keep large files out of it, or raise the limit")
		}
	}
	for _, layer := range layers {
		if err := s.bringLayer(ctx, layer, p); err != nil {
			return fmt.Errorf("layer %s: %w", layer.Digest, err)
		}
	}
	if len(p.paths) == 0 {
		return hint.With(fmt.Errorf("%w: it holds no files", errNotManifests), "push a directory that has some")
	}
	return nil
}

const (
	chartLayer types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	provLayer  types.MediaType = "application/vnd.cncf.helm.chart.provenance.v1.prov"
	fluxLayer  types.MediaType = "application/vnd.cncf.flux.content.v1.tar+gzip"

	titleAnnotation = "org.opencontainers.image.title" // the file's name, as oras writes it
)

// isContent tells the layers that hold files from those that say something about them.
func isContent(l v1.Descriptor) bool {
	switch l.MediaType {
	case chartLayer, fluxLayer, types.OCILayer, types.OCIUncompressedLayer, types.DockerLayer:
		return true
	case provLayer:
		return false
	}
	return l.Annotations[titleAnnotation] != ""
}

func (s *session) bringLayer(ctx context.Context, l v1.Descriptor, p *packer) error {
	file, err := s.download(ctx, l)
	if err != nil {
		return err
	}
	defer file.Close()
	title := l.Annotations[titleAnnotation]
	if content := bufio.NewReaderSize(file, 1<<12); title != "" && !isTar(content) {
		return addFile(p, title, content) // oras pushes a single file as it is
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	u := unpacker{pack: p, ofChart: l.MediaType == chartLayer}
	return u.unpack(ctx, file)
}

func addFile(p *packer, title string, content io.Reader) error {
	p.layer++
	u := unpacker{pack: p}
	name, err := u.place(title, false)
	if err != nil || name == "" {
		return err
	}
	return p.addContent(name, 0o444, content)
}

var errDigest = errors.New("what the server sends has another digest than it says")

// download keeps a layer in a file and checks its digest.
func (s *session) download(ctx context.Context, l v1.Descriptor) (*os.File, error) {
	layer, err := s.puller.Layer(ctx, s.head.repo.Digest(l.Digest.String()))
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	content, err := layer.Compressed()
	if err != nil {
		return nil, s.explainGone(ctx, err)
	}
	defer content.Close()
	file, _, err := s.head.shelf.spool(content, s.head.Limits.MaxTreeSize)
	return file, s.explain(ctx, err)
}

// saidOf is what annotations tell of who made an artifact (OCI image spec, "Pre-Defined Annotation Keys"; the revision
// is such as main@sha1:1f2e3d).
func saidOf(annotations map[string]string) Revision {
	const prefix = "org.opencontainers.image."
	said := Revision{Author: annotations[prefix+"authors"]}
	said.Time, _ = time.Parse(time.RFC3339, annotations[prefix+"created"])
	var parts []string
	if title := annotations[prefix+"title"]; title != "" {
		parts = append(parts, strings.TrimSpace(title+" "+annotations[prefix+"version"]))
	}
	if revision := annotations[prefix+"revision"]; revision != "" {
		parts = append(parts, "built from "+revision)
	}
	if origin := annotations[prefix+"source"]; origin != "" {
		parts = append(parts, "of "+origin)
	}
	said.Message = scrub(strings.Join(parts, " "), nil)
	said.Author = scrub(said.Author, nil)
	return said
}
