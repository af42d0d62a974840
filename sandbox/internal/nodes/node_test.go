package nodes

import (
	"net/netip"
	"slices"
	"testing"
)

func TestNodesSortByNumber(t *testing.T) {
	for _, count := range []int{1, 13, 100, MaxCount} {
		var names []string
		for index := range count {
			names = append(names, nodeName(index, count))
		}
		if !slices.IsSorted(names) {
			t.Errorf("with %d nodes: %s to %s do not sort", count, names[0], names[count-1])
		}
	}
	if got := nodeName(0, 13); got != "node-01" {
		t.Errorf("first of 13: %s", got)
	}
}

func TestNoTwoNodesShareAnAddress(t *testing.T) {
	services := netip.MustParsePrefix("10.96.0.0/16")
	seen := map[string]int{ControlPlaneIP: -1}
	for index := range MaxCount {
		pods, err := netip.ParsePrefix(podNetwork(index))
		if err != nil {
			t.Fatal(err)
		}
		address, err := netip.ParseAddr(nodeIP(index))
		if err != nil {
			t.Fatal(err)
		}
		if pods.Overlaps(services) || services.Contains(address) {
			t.Fatalf("node %d: %s or %s is in the network of the services", index, pods, address)
		}
		for _, key := range []string{pods.String(), address.String()} {
			if other, taken := seen[key]; taken {
				t.Fatalf("nodes %d and %d share %s", other, index, key)
			}
			seen[key] = index
		}
	}
}
