package readonlyrootfilesystem

import (
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

func TestFixNamesWhatMustBeWritable(t *testing.T) {
	for name, test := range map[string]struct{ container, want string }{
		"an image that is known": {
			`{name: web, image: "nginx:1.27"}`,
			"set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir at /var/cache/nginx, /var/run and /tmp, where this image writes",
		},
		"the same behind a registry with a port": {
			`{name: web, image: "registry:5000/mirror/nginx@sha256:0000", volumeMounts: [{name: tmp, mountPath: /tmp/}, {name: cache, mountPath: /var/cache}]}`,
			"set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir at /var/run, where this image writes",
		},
		"one that isn't": {
			`{name: web, image: registry.example.com/web:1}`,
			"set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir at /tmp and wherever else it writes",
		},
		"temporary files elsewhere": {
			`{name: web, image: registry.example.com/web:1, env: [{name: TMPDIR, value: /scratch}], volumeMounts: [{name: scratch, mountPath: /scratch}]}`,
			"set securityContext.readOnlyRootFilesystem: true: /scratch is a volume already",
		},
		"a volume that is read-only": {
			`{name: web, image: registry.example.com/web:1, volumeMounts: [{name: tmp, mountPath: /tmp, readOnly: true}]}`,
			"set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir at /tmp and wherever else it writes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			set := manifest.Read("pod.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: ["+test.container+"]}\n"))
			found := practice.Judge(&practice.Scope{Objects: set.Objects}, []*practice.Practice{Practice})
			if len(found) != 1 || found[0].Fix != test.want {
				t.Errorf("got %+v\nwant %s", found, test.want)
			}
		})
	}
}
