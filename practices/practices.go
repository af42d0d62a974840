// Package practices is the catalogue: the one list of all practices.
package practices

import (
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices/dropprivileges"
	"github.com/fairlead-dev/fairlead/practices/readonlyrootfilesystem"
	"github.com/fairlead-dev/fairlead/practices/resourcesset"
	"github.com/fairlead-dev/fairlead/practices/runasnonroot"
)

// All is the catalogue, in its order.
var All = []*practice.Practice{
	runasnonroot.Practice,
	readonlyrootfilesystem.Practice,
	dropprivileges.Practice,
	resourcesset.Practice,
}
