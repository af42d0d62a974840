package source

import (
	"archive/tar"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
)

func TestArtifactsAsTheirToolsPushThem(t *testing.T) {
	plain := tarOf([]tar.Header{{Name: "./apps/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: "./apps/a.yaml", Typeflag: tar.TypeReg, Size: 1}}, []string{"", "1"})
	title := func(name string) map[string]string { return map[string]string{titleAnnotation: name} }
	for situation, c := range map[string]struct {
		layers []mutate.Addendum
		want   []string
	}{
		"flux push artifact": {[]mutate.Addendum{layerOf(tgz("apps/a.yaml=1"), fluxLayer, nil)}, []string{"apps/a.yaml=1"}},
		"oras push of a directory": {
			[]mutate.Addendum{layerOf(tgz("apps/a.yaml=1"), types.OCILayer, map[string]string{titleAnnotation: "apps", "io.deis.oras.content.unpack": "true"})},
			[]string{"apps/a.yaml=1"},
		},
		"oras push of a file": {
			[]mutate.Addendum{layerOf([]byte("1"), types.OCIUncompressedLayer, title("apps/a.yaml"))}, []string{"apps/a.yaml=1"},
		},
		"oras push of a file with a type of its own": {
			[]mutate.Addendum{layerOf([]byte("1"), "application/yaml", title("a.yaml"))}, []string{"a.yaml=1"},
		},
		"a tar that is not compressed": {[]mutate.Addendum{layerOf(plain, types.OCIUncompressedLayer, nil)}, []string{"apps/a.yaml=1"}},
		"layers, of which a later one replaces a file": {
			[]mutate.Addendum{layerOf(tgz("a=1", "b=1"), types.OCILayer, nil), layerOf(tgz("b=2", "c=2"), types.OCILayer, nil)}, []string{"a=1", "b=2", "c=2"},
		},
		"helm push": {
			[]mutate.Addendum{layerOf(tgz("shop/Chart.yaml=name: shop", "shop/templates/a.yaml=1"), chartLayer, nil), layerOf([]byte("pgp"), provLayer, nil)},
			[]string{"Chart.yaml=name: shop", "templates/a.yaml=1"},
		},
		"git's own files and the global header of git archive": {
			[]mutate.Addendum{layerOf(gzipped(tarOf([]tar.Header{
				{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "1f2e3d"}},
				{Name: ".git/config", Typeflag: tar.TypeReg}, {Name: "a", Typeflag: tar.TypeReg, Size: 1},
			}, []string{"", "", "1"})), fluxLayer, nil)},
			[]string{"a=1"},
		},
	} {
		t.Run(situation, func(t *testing.T) {
			d := newDepot(t)
			d.push("latest", pushed{layers: c.layers})
			if diff := cmp.Diff(c.want, all(t, d.mustFetch(Artifact{}))); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryKindOfArtifactRef(t *testing.T) {
	d := newDepot(t)
	digests := map[string]string{}
	for _, tag := range []string{"latest", "v1.4.2", "1.5.0_build.7", "1.6.0-rc.1", "2.0.0", "nightly"} {
		digests[tag] = d.pushFiles(tag, "tag="+tag)
	}
	for situation, c := range map[string]struct {
		ref            ArtifactRef
		tag, says      string
		short, version string
	}{
		"none is latest":        {ArtifactRef{}, "latest", "tag latest at " + digests["latest"][7:19], digests["latest"][7:19], ""},
		"tag":                   {ArtifactRef{Tag: "v1.4.2"}, "v1.4.2", "tag v1.4.2 at " + digests["v1.4.2"][7:19], digests["v1.4.2"][7:19], ""},
		"range, _ stands for +": {ArtifactRef{SemVer: "~1.5"}, "1.5.0_build.7", "version 1.5.0+build.7 at " + digests["1.5.0_build.7"][7:19], "1.5.0+build.7", "1.5.0+build.7"},
		"no pre-releases":       {ArtifactRef{SemVer: "1.x"}, "1.5.0_build.7", "version 1.5.0+build.7 at " + digests["1.5.0_build.7"][7:19], "1.5.0+build.7", "1.5.0+build.7"},
		"unless named":          {ArtifactRef{SemVer: ">=1.0.0-0 <2.0.0"}, "1.6.0-rc.1", "version 1.6.0-rc.1 at " + digests["1.6.0-rc.1"][7:19], "1.6.0-rc.1", "1.6.0-rc.1"},
		"digest":                {ArtifactRef{Digest: digests["nightly"]}, "nightly", "digest " + digests["nightly"], digests["nightly"][7:19], ""},
	} {
		t.Run(situation, func(t *testing.T) {
			got := d.mustFetch(Artifact{Ref: c.ref})
			if tag := mustRead(t, got, "tag"); tag != c.tag {
				t.Errorf("tag = %s, want %s", tag, c.tag)
			}
			r := got.Revision
			if r.Commit != digests[c.tag] || r.String() != c.says || r.Short() != c.short || r.Version != c.version {
				t.Errorf("revision = %q %q %q %q", r.Commit, r.String(), r.Short(), r.Version)
			}
		})
	}
}

func TestArtifactThatCannotBeHad(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("v1.4.2", "a=1")
	elsewhere := "oci://" + d.host + "/apps/none"
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: empty.Image})
	ref, _ := name.ParseReference(d.host + "/apps/shop:index")
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	d.push("config", pushed{layers: []mutate.Addendum{layerOf([]byte("{}"), "application/json", nil)}})
	d.push("empty", pushed{layers: []mutate.Addendum{layerOf(tgz(), fluxLayer, nil)}})
	for situation, c := range map[string]struct {
		artifact   Artifact
		want       error
		text, next string
	}{
		"no such tag":        {Artifact{Ref: ArtifactRef{Tag: "v1.4.3"}}, ErrRefNotFound, "tag v1.4.3: not in the repository", "did you mean: v1.4.2"},
		"nothing in range":   {Artifact{Ref: ArtifactRef{SemVer: ">=2"}}, ErrRefNotFound, "version >=2: not in the repository: none of its 1 versions is in the range", ">=1.0.0-0"},
		"no such digest":     {Artifact{Ref: ArtifactRef{Digest: "sha256:" + strings.Repeat("0", 64)}}, ErrRefNotFound, "not in the repository", "pushed"},
		"no such repository": {Artifact{URL: elsewhere}, ErrRepositoryNotFound, "no repository of artifacts there", "check the address"},
		"nobody listens":     {Artifact{URL: "oci://127.0.0.1:1/apps/shop"}, ErrUnreachable, "the server does not answer", "the server runs"},
		"an index":           {Artifact{Ref: ArtifactRef{Tag: "index"}}, errNotManifests, "an index of several", "digest"},
		"an image of no tar": {Artifact{Ref: ArtifactRef{Tag: "config"}}, errNotManifests, "none of its 1 layers is a tar", "oras push"},
		"an empty artifact":  {Artifact{Ref: ArtifactRef{Tag: "empty"}}, errNotManifests, "it holds no files", "push a directory"},
	} {
		t.Run(situation, func(t *testing.T) {
			_, err := d.fetch(c.artifact)
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.text) || !strings.Contains(hint.Of(err), c.next) {
				t.Errorf("err = %v\nhint: %s\nwant %v, %q, hint %q", err, hint.Of(err), c.want, c.text, c.next)
			}
		})
	}
}

func TestArtifactAddressesThatAreRefused(t *testing.T) {
	store := newStore(t)
	for situation, a := range map[string]Artifact{
		"no scheme":               {URL: "ghcr.io/acme/shop"},
		"no registry":             {URL: "oci://shop"},
		"a tag in it":             {URL: "oci://ghcr.io/acme/shop:v1"},
		"a login in it":           {URL: "oci://ann:hunter2@ghcr.io/acme/shop"},
		"a control character":     {URL: "oci://ghcr.io/acme/sh\x1bop"},
		"tag and range":           {URL: "oci://ghcr.io/acme/shop", Ref: ArtifactRef{Tag: "v1", SemVer: "1.x"}},
		"a tag that is none":      {URL: "oci://ghcr.io/acme/shop", Ref: ArtifactRef{Tag: "../v1"}},
		"a range that is none":    {URL: "oci://ghcr.io/acme/shop", Ref: ArtifactRef{SemVer: "newest"}},
		"a digest that is none":   {URL: "oci://ghcr.io/acme/shop", Ref: ArtifactRef{Digest: "sha256:12"}},
		"an ssh key":              {URL: "oci://ghcr.io/acme/shop", Auth: Auth{SSHKey: []byte("key")}},
		"an authority not in PEM": {URL: "oci://ghcr.io/acme/shop", Auth: Auth{CA: []byte("hunter2")}},
		"a broken docker login":   {URL: "oci://ghcr.io/acme/shop", Auth: Auth{DockerConfig: []byte(`{"auths":{"ghcr.io":{"auth":"hunter2"}}}`)}},
	} {
		t.Run(situation, func(t *testing.T) {
			_, err := store.Artifact(a)
			if err == nil || strings.Contains(err.Error()+hint.Of(err), "hunter2") {
				t.Errorf("err = %v, want a refusal without the secret", err)
			}
		})
	}
}

func TestAnArtifactComesOnceForAll(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("latest", "a=1")
	d.mustFetch(Artifact{})
	d.forget()
	head := d.head(Artifact{})
	if _, err := head.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	restarted := NewStore(d.store.dir)
	other, err := restarted.Artifact(Artifact{URL: d.url})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := other.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, snapshot, "a"); got != "1" {
		t.Errorf("a = %q", got)
	}
	if gets, heads := d.count("GET", "/manifests/")+d.count("GET", "/blobs/"), d.count("HEAD", "/manifests/latest"); gets != 0 || heads != 2 {
		t.Errorf("%d downloads and %d questions, want none and two", gets, heads)
	}
	d.pushFiles("latest", "a=2")
	if snapshot, err = head.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, snapshot, "a"); got != "2" {
		t.Errorf("a = %q after another push", got)
	}
}

func TestADigestIsAskedForOnce(t *testing.T) {
	d := newDepot(t)
	digest := d.pushFiles("latest", "a=1")
	head := d.head(Artifact{Ref: ArtifactRef{Digest: digest}})
	for range 3 {
		if _, err := head.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.count("HEAD", "/manifests/"); n != 1+1 { // the push asks too
		t.Errorf("%d questions", n)
	}
}

func TestABrokenPackIsFetchedAgain(t *testing.T) {
	overwrite := func(at int64) func(*testing.T, string) {
		return func(t *testing.T, pack string) {
			file, err := os.OpenFile(pack, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			info, _ := file.Stat()
			if _, err := file.WriteAt([]byte("X"), (at+info.Size())%info.Size()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for situation, damage := range map[string]func(*testing.T, string){
		"a file's content": overwrite(0),
		"the list":         overwrite(-int64(footerSize) - 5),
		"the end":          overwrite(-1),
		"cut off": func(t *testing.T, pack string) {
			if err := os.Truncate(pack, 3); err != nil {
				t.Fatal(err)
			}
		},
		"deleted": func(t *testing.T, pack string) {
			if err := os.Remove(pack); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(situation, func(t *testing.T) {
			d := newDepot(t)
			d.pushFiles("latest", "a=1", "b=2")
			before := d.mustFetch(Artifact{})
			packs, _ := filepath.Glob(filepath.Join(d.store.dir, "*.packs", "*.pack"))
			if len(packs) != 1 {
				t.Fatalf("packs = %v", packs)
			}
			damage(t, packs[0])
			after := d.mustFetch(Artifact{})
			for _, s := range []*Snapshot{before, after} {
				if diff := cmp.Diff([]string{"a=1", "b=2"}, all(t, s)); diff != "" {
					t.Errorf("files (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestPacksThatNobodyWantsGo(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("latest", "a=1")
	d.mustFetch(Artifact{})
	packs, _ := filepath.Glob(filepath.Join(d.store.dir, "*.packs", "*.pack"))
	long := time.Now().Add(-2 * unused)
	if err := os.Chtimes(packs[0], long, long); err != nil {
		t.Fatal(err)
	}
	d.pushFiles("latest", "a=2")
	d.mustFetch(Artifact{})
	left, _ := filepath.Glob(filepath.Join(d.store.dir, "*.packs", "*"))
	if len(left) != 1 || left[0] == packs[0] {
		t.Errorf("left: %v, want only the new one", left)
	}
}

func TestTreeHashOfAnArtifact(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("1.0.0", "apps/a/x=1", "apps/b/x=1", "apps/c/x=2", "y=1")
	d.pushFiles("1.0.1", "apps/a/x=1", "apps/b/x=9", "z=1")
	one, two := d.mustFetch(Artifact{Ref: ArtifactRef{Tag: "1.0.0"}}), d.mustFetch(Artifact{Ref: ArtifactRef{Tag: "1.0.1"}})
	hash := func(s *Snapshot, path string) string {
		h, ok := s.TreeHash(path)
		if !ok {
			t.Fatalf("%s has no hash", path)
		}
		return h
	}
	for what, same := range map[string]bool{
		"a directory in two artifacts":   hash(one, "apps/a") == hash(two, "apps/a"),
		"a file under two names":         hash(one, "y") == hash(two, "z"),
		"directories of the same":        hash(one, "apps/a") == hash(one, "apps/b"),
		"directories that differ differ": hash(one, "apps/a") != hash(one, "apps/c") && hash(one, ".") != hash(two, "."),
	} {
		if !same {
			t.Error(what)
		}
	}
	if _, ok := one.TreeHash("none"); ok {
		t.Error("what isn't there has a hash")
	}
}

func TestWhatAnArtifactSaysOfItself(t *testing.T) {
	d := newDepot(t)
	const prefix = "org.opencontainers.image."
	d.push("latest", pushed{layers: []mutate.Addendum{layerOf(tgz("a=1"), fluxLayer, nil)}, annotations: map[string]string{
		prefix + "created": "2026-03-01T12:00:00Z", prefix + "revision": "main@sha1:1f2e3d", prefix + "source": "https://ann:hunter2@git.example.com/acme/shop",
		prefix + "authors": "Ann Lee\x1b[2J",
	}})
	d.mustFetch(Artifact{})
	got := d.mustFetch(Artifact{}).Revision // as the pack has kept it
	want := Revision{
		Commit: got.Commit, Ref: "tag latest", Author: "Ann Lee[2J", Message: "built from main@sha1:1f2e3d of https://git.example.com/acme/shop",
		Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("revision (-want +got):\n%s", diff)
	}
}

func TestWhatIsVerified(t *testing.T) {
	d := newDepot(t)
	signed := d.pushFiles("latest", "a=1")
	d.mustFetch(Artifact{}) // by one who doesn't verify
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d.sign(signed, private)
	head := d.head(Artifact{Auth: Auth{Verify: cosignKeys(t, private)}})
	for range 2 {
		snapshot, err := head.Fetch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if by := snapshot.Revision.SignedBy; !strings.HasPrefix(by, "cosign.pub") {
			t.Errorf("signed by %q, want cosign.pub", by)
		}
	}
	d.pushFiles("latest", "a=2")
	if _, err := head.Fetch(t.Context()); !errors.Is(err, ErrUnverified) {
		t.Errorf("err = %v, want %v", err, ErrUnverified)
	}
	if packs, _ := filepath.Glob(filepath.Join(d.store.dir, "*.packs", "*")); len(packs) != 1 {
		t.Errorf("packs = %v: what is refused is not unpacked", packs)
	}
	if head.Identity() == d.head(Artifact{}).Identity() {
		t.Error("one who verifies must not share what one who doesn't has fetched")
	}
}

func cosignKeys(t *testing.T, private *ecdsa.PrivateKey) *signature.Keys {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := signature.Parse("Secret shop/signers", map[string][]byte{"cosign.pub": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// sign puts a signature where "cosign sign --key" does.
func (d *depot) sign(digest string, private *ecdsa.PrivateKey) {
	d.t.Helper()
	text := fmt.Appendf(nil, `{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":null}`, digest)
	sum := sha256.Sum256(text)
	raw, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	note := map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(raw)}
	d.push(strings.Replace(digest, ":", "-", 1)+".sig", pushed{layers: []mutate.Addendum{layerOf(text, "application/vnd.dev.cosign.simplesigning.v1+json", note)}})
}
