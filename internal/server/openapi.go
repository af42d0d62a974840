package server

import (
	_ "embed"
	"net/http"
	"sync"

	"sigs.k8s.io/yaml"
)

//go:embed openapi.yaml
var openAPI []byte

var openAPIJSON = sync.OnceValues(func() ([]byte, error) { return yaml.YAMLToJSON(openAPI) })

// document tells of the API, by OpenAPI 3.1.
func document(w http.ResponseWriter, _ *http.Request) {
	text, err := openAPIJSON()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // a test reads it
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}
