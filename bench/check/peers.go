package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/bench/measure"
	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

// The other checkers, and their versions.
const (
	kubeScore   = "github.com/zegl/kube-score/cmd/kube-score@v1.20.0"
	kubeconform = "github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0"
)

// compare runs the other checkers on the objects in dir, and prints how long they take as ratios to ours.
func (b *bench) compare(ctx context.Context, dir string, ours measure.Run) error {
	programs := filepath.Join(b.dir, "bin")
	for _, module := range []string{kubeScore, kubeconform} {
		install := exec.CommandContext(ctx, "go", "install", module)
		install.Env = append(os.Environ(), "GOBIN="+programs, "GOFLAGS=")
		if said, err := install.CombinedOutput(); err != nil {
			return fmt.Errorf("go install %s: %w: %s", module, err, said)
		}
	}
	schemas := filepath.Join(b.dir, "schemas")
	if err := writeSchemas(ctx, schemas); err != nil {
		return err
	}
	files, err := yamlFiles(dir)
	if err != nil {
		return err
	}
	peers := []struct {
		name string
		args []string
	}{
		{"kube-score", append([]string{"score", "--output-format", "ci"}, files...)},
		{"kubeconform", []string{"-n", "2", "-ignore-missing-schemas", "-schema-location",
			filepath.Join(schemas, "{{.ResourceKind}}{{.KindSuffix}}.json"), dir}},
	}
	fmt.Println()
	for i, peer := range peers {
		module := []string{kubeScore, kubeconform}[i]
		r, err := row(peer.name+" "+module[strings.LastIndexByte(module, '@')+1:]+", the same objects", 3, filepath.Join(programs, peer.name), peer.args...)
		if err != nil {
			return err
		}
		fmt.Printf("%-46s %9.2fx\n", "  ratio to fairlead check", ratio(r.Time, ours.Time))
	}
	return nil
}

func yamlFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	})
	return files, err
}

// definition of the API server's OpenAPI document: a JSON schema with extensions.
type definition = map[string]any

// writeSchemas asks a sandbox's API server for its schema and writes it as kubeconform wants it, a file for each kind.
func writeSchemas(ctx context.Context, dir string) error {
	box, err := sandbox.Start(ctx, sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = box.Stop(ctx) }()
	config, err := clientcmd.BuildConfigFromFlags("", box.Kubeconfig())
	if err != nil {
		return err
	}
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	text, err := client.RESTClient().Get().AbsPath("/openapi/v2").SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return err
	}
	var document struct {
		Definitions map[string]definition `json:"definitions"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	const quantity, numberOrText = "io.k8s.apimachinery.pkg.api.resource.Quantity", "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
	for _, name := range []string{quantity, numberOrText} {
		document.Definitions[name] = definition{"type": []string{"string", "number"}} // the server's JSON takes both
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, d := range document.Definitions {
		kinds, _ := d["x-kubernetes-group-version-kind"].([]any)
		for _, item := range kinds {
			kind, _ := item.(map[string]any)
			group, _, _ := strings.Cut(fmt.Sprint(kind["group"]), ".")
			file := strings.ToLower(strings.Join(slices.DeleteFunc([]string{fmt.Sprint(kind["kind"]), group, fmt.Sprint(kind["version"])},
				func(part string) bool { return part == "" }), "-"))
			used := map[string]definition{}
			collect(document.Definitions, name, used)
			schema, err := json.Marshal(map[string]any{"$ref": "#/definitions/" + name, "definitions": used})
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, file+".json"), schema, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect gathers a definition and all that it refers to.
func collect(all map[string]definition, name string, used map[string]definition) {
	if used[name] != nil || all[name] == nil {
		return
	}
	used[name] = all[name]
	var follow func(any)
	follow = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			if ref, ok := n["$ref"].(string); ok {
				collect(all, strings.TrimPrefix(ref, "#/definitions/"), used)
			}
			for value := range maps.Values(n) {
				follow(value)
			}
		case []any:
			for _, item := range n {
				follow(item)
			}
		}
	}
	follow(all[name])
}
