package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/fairlead-dev/fairlead/internal/demo/repository"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/hook"
)

// automated are the images that move by themselves: one that is written in a manifest, one in a kustomization, one in the values
// of a chart.
var automated = []string{"login", "metrics-query", "invoices"}

// startRegistry serves images on loopback, those that move by themselves in the version that runs, and tells the controller of
// every push.
func (d *Demo) startRegistry(ctx context.Context) (err error) {
	backend := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if d.registry, d.registryAddress, err = serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		backend.ServeHTTP(w, r)
		if repository, tag, ok := pushed(r); ok && d.Listen != "" {
			d.tellController(hook.Generic{Image: d.registryAddress + "/" + repository, Tag: tag})
		}
	})); err != nil {
		return fmt.Errorf("serve images: %w", err)
	}
	for _, image := range automated {
		if err := Push(ctx, d.Image(image)+":"+repository.Version(image)); err != nil {
			return err
		}
	}
	return nil
}

// Image is the repository of a service's images.
func (d *Demo) Image(service string) string {
	return d.registryAddress + strings.TrimPrefix(repository.Registry, "registry.example.com") + service
}

// pushed tells of a request that has named an image.
func pushed(r *http.Request) (repository, tag string, ok bool) {
	path, isAPI := strings.CutPrefix(r.URL.Path, "/v2/")
	repository, tag, ok = strings.Cut(path, "/manifests/")
	return repository, tag, ok && isAPI && r.Method == http.MethodPut && !strings.Contains(tag, ":")
}

// Push puts an image with nothing in it into a registry of this machine.
func Push(ctx context.Context, ref string) error {
	tag, err := name.NewTag(ref, name.StrictValidation)
	switch {
	case err != nil:
		return hint.With(fmt.Errorf("%q is no image with a tag", ref), "write 127.0.0.1:PORT/acme/login:1.5.0, as the demo prints it")
	case !strings.HasPrefix(tag.RegistryStr(), "127.0.0.1:"):
		return hint.With(errors.New("that is no registry of this machine"), "write 127.0.0.1:PORT/acme/login:1.5.0, as the demo prints it")
	}
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: "amd64", OS: "linux", Created: v1.Time{Time: time.Now()},
		Config: v1.Config{Labels: map[string]string{"org.opencontainers.image.version": tag.TagStr()}},
	})
	if err == nil {
		err = remote.Write(tag, image, remote.WithContext(ctx))
	}
	if err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	return nil
}
