package readonlyrootfilesystem

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestWhatIsMountedWhereAnImageWrites(t *testing.T) {
	for name, test := range map[string]struct {
		pod  string
		want string // what is set, in one line
	}{
		"the places that it is known for": {`containers: [{name: web, image: "nginx:1.29"}]`,
			"readOnlyRootFilesystem /var/cache/nginx var-cache-nginx /var/run var-run /tmp tmp"},
		"those that aren't volumes yet": {`containers: [{name: db, image: "mysql:8.4", volumeMounts: [{name: data, mountPath: /var/lib/mysql}]}], volumes: [{name: data}]`,
			"readOnlyRootFilesystem /var/run/mysqld var-run-mysqld /tmp tmp"},
		"a volume of its own beside one of that name": {`containers: [{name: cache, image: "memcached:1.6"}], volumes: [{name: tmp}]`,
			"readOnlyRootFilesystem /tmp cache-tmp"},
		"nothing where data would be lost":           {`containers: [{name: db, image: "mysql:8.4"}]`, ""},
		"nothing where nobody knows the image":       {`containers: [{name: web, image: "registry.example.com/nginx:1.29"}]`, ""},
		"nothing where it is started in another way": {`containers: [{name: web, image: "nginx:1.29", command: [/start.sh]}]`, ""},
		"nothing where it fills in its own files":    {`containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: in, mountPath: /etc/nginx/templates}]}], volumes: [{name: in}]`, ""},
		"nothing over a volume that is read-only":    {`containers: [{name: web, image: "httpd:2.4", volumeMounts: [{name: in, mountPath: /tmp/, readOnly: true}]}], volumes: [{name: in}]`, ""},
		"nothing where it is decided":                {`containers: [{name: web, image: "nginx:1.29", securityContext: {readOnlyRootFilesystem: false}}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			objects := manifest.Read("pod.yaml", []byte("{apiVersion: v1, kind: Pod, metadata: {name: shop}, spec: {"+test.pod+"}}")).Objects
			var got []string
			for _, f := range practice.Judge(&practice.Scope{Objects: objects}, []*practice.Practice{Practice}) {
				for _, e := range f.Edits {
					switch value := e.Value.(type) {
					case bool:
						got = append(got, e.Path[len(e.Path)-1])
					case map[string]any:
						if at := value["mountPath"]; at != nil {
							got = append(got, fmt.Sprint(at, " ", value["name"]))
						}
					}
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
