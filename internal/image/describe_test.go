package image

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

func indexOf(images ...mutate.IndexAddendum) v1.ImageIndex {
	return mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), images...)
}

func forPlatform(image v1.Image, p v1.Platform) mutate.IndexAddendum {
	return mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &p}}
}

func TestWhatIsKnownOfAnImage(t *testing.T) {
	built := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	const created, revision = "org.opencontainers.image.created", "org.opencontainers.image.revision"
	attestation := forPlatform(build(t, amd64, built, nil), v1.Platform{OS: "unknown", Architecture: "unknown"})
	for situation, c := range map[string]struct {
		image partial.Describable
		want  Description
	}{
		"of one platform": {
			build(t, arm64, built, map[string]string{revision: "1f2e3d", "maintainer": "ann"}),
			Description{Built: built, Labels: map[string]string{revision: "1f2e3d"}, Platforms: []string{"linux/arm64/v8"}},
		},
		"of several": {
			indexOf(attestation, forPlatform(build(t, arm64, time.Time{}, nil), arm64), forPlatform(build(t, amd64, built, map[string]string{revision: "1f2e3d"}), amd64)),
			Description{Built: built, Labels: map[string]string{revision: "1f2e3d"}, Platforms: []string{"linux/amd64", "linux/arm64/v8"}},
		},
		"of none that is ordinary": {
			indexOf(forPlatform(build(t, arm64, built, nil), arm64)),
			Description{Built: built, Labels: map[string]string{}, Platforms: []string{"linux/arm64/v8"}},
		},
		"built at no particular time": {
			build(t, amd64, time.Unix(0, 0), nil),
			Description{Labels: map[string]string{}, Platforms: []string{"linux/amd64"}},
		},
		"built when its label says": {
			build(t, amd64, time.Unix(0, 0), map[string]string{created: "2026-02-03T05:05:06+01:00"}),
			Description{Built: built, Labels: map[string]string{created: "2026-02-03T05:05:06+01:00"}, Platforms: []string{"linux/amd64"}},
		},
		"built when its annotation says": {
			mutate.Annotations(mutate.MediaType(build(t, amd64, time.Time{}, nil), types.OCIManifestSchema1), map[string]string{created: built.Format(time.RFC3339)}).(v1.Image),
			Description{Built: built, Labels: map[string]string{created: built.Format(time.RFC3339)}, Platforms: []string{"linux/amd64"}},
		},
		"built never": {
			build(t, amd64, time.Unix(0, 0), map[string]string{created: "yesterday"}),
			Description{Labels: map[string]string{created: "yesterday"}, Platforms: []string{"linux/amd64"}},
		},
		"with a label that plays with the terminal": {
			build(t, amd64, built, map[string]string{revision: "1f\x1b[2J\n2e"}),
			Description{Built: built, Labels: map[string]string{revision: "1f[2J2e"}, Platforms: []string{"linux/amd64"}},
		},
		"with labels without end": {
			build(t, amd64, built, map[string]string{revision: strings.Repeat("1", 1<<16)}),
			Description{Built: built, Labels: map[string]string{}, Platforms: []string{"linux/amd64"}},
		},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			c.want.Digest = h.push("1.0.0", c.image)
			got, err := h.repository("acme/front", source.Auth{}).Describe(t.Context(), "1.0.0", 0)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("err = %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// artifact is an image's manifest with something else in it.
func artifact(t *testing.T, config, layer types.MediaType) v1.Image {
	t.Helper()
	image, err := mutate.Append(empty.Image, mutate.Addendum{Layer: static.NewLayer([]byte("x"), layer), MediaType: layer})
	if err != nil {
		t.Fatal(err)
	}
	return mutate.ConfigMediaType(mutate.MediaType(image, types.OCIManifestSchema1), config)
}

func TestWhatIsNoImage(t *testing.T) {
	raw := func(media, text string) func(*harbour) {
		return func(h *harbour) {
			h.answers(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/manifests/") {
					w.Header().Set("Content-Type", media)
					w.Header().Set("Docker-Content-Digest", digestOf([]byte(text)))
					fmt.Fprint(w, text)
				}
			})
		}
	}
	pushed := func(what partial.Describable) func(*harbour) {
		return func(h *harbour) { h.push("1.0.0", what) }
	}
	for situation, put := range map[string]func(*harbour){
		"a chart":            pushed(artifact(t, "application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")),
		"a signature":        pushed(artifact(t, types.OCIConfigJSON, "application/vnd.dev.cosign.simplesigning.v1+json")),
		"an index of none":   pushed(indexOf()),
		"an index of charts": pushed(indexOf(forPlatform(artifact(t, "application/vnd.cncf.helm.config.v1+json", "application/x"), amd64))),
		"rubbish":            raw(string(types.OCIManifestSchema1), `<html>sign in</html>`),
		"an old manifest":    raw(string(types.DockerManifestSchema1Signed), `{"schemaVersion":1}`),
		"nothing of it":      raw(string(types.OCIManifestSchema1), `{}`),
		"a digest that leads away": raw(string(types.OCIManifestSchema1),
			`{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:../../../admin"}}`),
		"a huge configuration": raw(string(types.OCIManifestSchema1),
			`{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":99999999999,"digest":"`+digestOf(nil)+`"}}`),
		"a huge manifest": raw(string(types.OCIManifestSchema1), strings.Repeat(" ", mostContent+1)),
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			put(h)
			for range 2 {
				h.asked()
				if _, err := h.repository("acme/front", source.Auth{}).Describe(t.Context(), "1.0.0", 0); !errors.Is(err, ErrUnusable) {
					t.Fatalf("err = %v, want %v", err, ErrUnusable)
				}
			}
			if diff := cmp.Diff([]string{"HEAD /v2/acme/front/manifests/1.0.0"}, h.asked()); diff != "" {
				t.Errorf("requests of the second time (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTagsThatAreNot(t *testing.T) {
	h := newHarbour(t)
	h.push("1.0.0", build(t, amd64, h.clock(), nil))
	r := h.repository("acme/front", source.Auth{})
	for _, tag := range []string{"1.1.0", "", "../../x", "$(reboot)"} {
		if _, err := r.Digest(t.Context(), tag); !errors.Is(err, ErrUnusable) {
			t.Errorf("%q: err = %v, want %v", tag, err, ErrUnusable)
		}
	}
	h.push("1.1.0", build(t, arm64, h.clock(), nil))
	if _, err := r.Describe(t.Context(), "1.1.0", time.Hour); err != nil {
		t.Errorf("what wasn't there may come: %v", err)
	}
}

func TestNothingIsReadTwice(t *testing.T) {
	h := newHarbour(t)
	digest := h.push("1.0.0", build(t, amd64, h.clock(), nil))
	h.push("stable", build(t, amd64, h.clock(), nil))
	r := h.repository("acme/front", source.Auth{})
	describe := func(tag string, maxAge time.Duration) []string {
		h.asked()
		if d, err := r.Describe(t.Context(), tag, maxAge); err != nil || d.Digest != digest {
			t.Fatalf("%v, err = %v", d, err)
		}
		return slices.DeleteFunc(h.asked(), func(r string) bool { return r == "GET /v2/" })
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := r.Describe(t.Context(), "1.0.0", time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if gets := slices.DeleteFunc(h.asked(), func(r string) bool { return r == "GET /v2/" || !strings.HasPrefix(r, "GET") }); len(gets) != 2 {
		t.Errorf("of eight who ask at once come %q", gets)
	}
	got := [][]string{describe("1.0.0", 0), describe("1.0.0", time.Minute), describe("stable", time.Minute)}
	h.pass(time.Minute)
	got = append(got, describe("stable", time.Minute))
	want := [][]string{{"HEAD /v2/acme/front/manifests/1.0.0"}, nil, {"HEAD /v2/acme/front/manifests/stable"}, {"HEAD /v2/acme/front/manifests/stable"}}
	if diff := cmp.Diff(want, got, cmp.Transformer("empty", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestATagThatMoves(t *testing.T) {
	h := newHarbour(t)
	r := h.repository("acme/front", source.Auth{})
	for _, p := range []v1.Platform{amd64, arm64} {
		want := h.push("stable", build(t, p, h.clock(), nil))
		if got, err := r.Digest(t.Context(), "stable"); got != want || err != nil {
			t.Errorf("%s, err = %v, want %s", got, err, want)
		}
		if d, err := r.Describe(t.Context(), "stable", 0); d.Digest != want || err != nil {
			t.Errorf("%s, err = %v, want %s", d.Digest, err, want)
		}
	}
}

func TestARegistryThatSaysLittleToHEAD(t *testing.T) {
	for situation, answer := range map[string]http.HandlerFunc{
		"no digest": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"rubbish for it": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Docker-Content-Digest", "sha256:x")
			w.WriteHeader(http.StatusOK)
		},
		"nothing at all": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) },
	} {
		h := newHarbour(t)
		want := h.push("1.0.0", build(t, amd64, h.clock(), nil))
		h.answers(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				answer(w, r)
			}
		})
		if got, err := h.repository("acme/front", source.Auth{}).Digest(t.Context(), "1.0.0"); got != want || err != nil {
			t.Errorf("%s: %s, err = %v, want %s", situation, got, err, want)
		}
	}
}

// What one tag has wrong refuses that tag; what is wrong with the registry is no word on the tag.
func TestImagesThatDoNotArriveAsTheyAre(t *testing.T) {
	answer := func(path string, status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, path) {
				w.WriteHeader(status)
				fmt.Fprint(w, text)
			}
		}
	}
	for situation, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"another manifest":         {answer("/manifests/", http.StatusOK, "{}"), errDigest},
		"another configuration":    {answer("/blobs/", http.StatusOK, "{}"), errDigest},
		"no manifest any more":     {answer("/manifests/", http.StatusNotFound, ""), ErrUnusable},
		"no configuration":         {answer("/blobs/", http.StatusNotFound, ""), ErrUnusable},
		"forbidden by the project": {answer("/manifests/", http.StatusPreconditionFailed, ""), ErrUnusable},
		"broken":                   {answer("/blobs/", http.StatusInternalServerError, ""), source.ErrUnreachable},
		"forbidden":                {answer("/manifests/", http.StatusForbidden, ""), source.ErrAuthRequired},
		"too many for the storage": {answer("/blobs/", http.StatusTooManyRequests, ""), source.ErrTooManyRequests},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			h.push("1.0.0", build(t, amd64, h.clock(), nil))
			h.answers(c.answer)
			r := h.repository("acme/front", source.Auth{})
			_, err := r.Describe(t.Context(), "1.0.0", 0)
			if !errors.Is(err, c.want) || hint.Of(err) == "" && !errors.Is(err, ErrUnusable) {
				t.Errorf("err = %v (%s), want %v", err, hint.Of(err), c.want)
			}
			h.answers(nil)
			h.pass(time.Hour)
			if _, err := r.Describe(t.Context(), "1.0.0", 0); err != nil {
				t.Errorf("when all is well again: %v", err)
			}
		})
	}
}

// Registries send blobs from elsewhere, which must not get the login.
func TestALoginDoesNotFollowAConfigurationToAnotherHost(t *testing.T) {
	h, storage := newHarbour(t), newHarbour(t)
	digest := h.push("1.0.0", build(t, amd64, h.clock(), nil))
	ref, err := name.ParseReference(h.host + "/acme/front:1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	storage.answers(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		_, _ = w.Write(config)
	})
	guard := guarded(h.host, "Basic")
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		guarding := &unanswered{ResponseWriter: w}
		if guard(guarding, r); !guarding.used && strings.Contains(r.URL.Path, "/blobs/") {
			http.Redirect(w, r, "http://"+storage.host+"/x", http.StatusTemporaryRedirect)
		}
	})
	if d, err := h.repository("acme/front", ann).Describe(t.Context(), "1.0.0", 0); err != nil || d.Digest != digest {
		t.Fatalf("%v, err = %v", d, err)
	}
	if diff := cmp.Diff([]string{""}, seen); diff != "" {
		t.Errorf("the other host got (-want +got):\n%s", diff)
	}
}
