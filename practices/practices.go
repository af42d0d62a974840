// Package practices is the catalogue: the one list of all practices.
package practices

import (
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices/crashcleanly"
	"github.com/fairlead-dev/fairlead/practices/logtostdout"
	"github.com/fairlead-dev/fairlead/practices/nobootstrapsidecar"
	"github.com/fairlead-dev/fairlead/practices/oneprocesspercontainer"
	"github.com/fairlead-dev/fairlead/practices/runasnonroot"
	"github.com/fairlead-dev/fairlead/practices/sidecarforproxy"
)

// All is the catalogue, in its order.
var All = []*practice.Practice{
	runasnonroot.Practice,
	oneprocesspercontainer.Practice,
	crashcleanly.Practice,
	logtostdout.Practice,
	sidecarforproxy.Practice,
	nobootstrapsidecar.Practice,
}
