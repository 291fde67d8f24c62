// SPDX-License-Identifier: Apache-2.0
#include "config/validate.h"

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

#include "config/filter_chain_conflict.h"

namespace outrigger::config {
namespace {

using ClusterNames = absl::flat_hash_map<std::string, size_t>;
using AddressOwners = absl::flat_hash_map<SocketAddress, size_t>;

ClusterNames CheckClusterNames(const Snapshot& snapshot, const FieldPath& path,
                               Findings& findings) {
  ClusterNames names;
  for (size_t i = 0; i < snapshot.clusters.size(); ++i) {
    const std::string& name = snapshot.clusters[i]->name;
    const auto [first, is_new] = names.emplace(name, i);
    if (!is_new && !name.empty()) {
      const FieldPath cluster = path.Element("clusters", i);
      findings.Error(cluster.Field("name"), name,
                     absl::StrCat("clusters[", first->second, "] has this name: expected another"));
    }
  }
  return names;
}

void CheckListenerNames(const Snapshot& snapshot, const FieldPath& path, Findings& findings) {
  absl::flat_hash_map<std::string, size_t> names;
  for (size_t i = 0; i < snapshot.listeners.size(); ++i) {
    const std::string& name = snapshot.listeners[i]->name;
    const auto [first, is_new] = names.emplace(name, i);
    // Nameless listeners are called by their address, and equal addresses are told apart below.
    const bool is_address = !snapshot.listeners[i]->addresses.empty() &&
                            snapshot.listeners[i]->addresses.front().address.Format() == name;
    if (!is_new && !name.empty() && !is_address) {
      const FieldPath listener = path.Element("listeners", i);
      findings.Error(
          listener.Field("name"), name,
          absl::StrCat("listeners[", first->second, "] has this name: expected another"));
    }
  }
}

void CheckAddresses(const Listener& listener, size_t index, const FieldPath& path,
                    AddressOwners& owners, Findings& findings) {
  for (const ListenAddress& listen : listener.addresses) {
    // Port 0 is a different port for each.
    if (listen.address.port() == 0) {
      if (!listener.bind_to_port) {
        findings.Warning(path, listen.address.Format(),
                         "a listener with port 0 that is not bound gets no connections");
      }
      continue;
    }
    const auto [owner, is_new] = owners.emplace(listen.address, index);
    if (is_new) continue;
    const std::string other = owner->second == index
                                  ? "the listener has this address twice"
                                  : absl::StrCat("listeners[", owner->second, "] has this address");
    findings.Error(path, listen.address.Format(), absl::StrCat(other, ": expected another"));
  }
}

void CheckReferences(const FilterChain& chain, const ClusterNames& names, const FieldPath& path,
                     Findings& findings) {
  // A cluster whose name could not be read may be the one that is meant.
  if (names.contains("")) return;
  for (const WeightedCluster& cluster : chain.tcp_proxy.clusters) {
    if (!cluster.name.empty() && !names.contains(cluster.name)) {
      findings.Error(path, cluster.name,
                     "no cluster has this name: expected one of static_resources.clusters");
    }
  }
}

// Path of the tcp_proxy, which the decoders made sure is the last and only filter.
void CheckChain(const FilterChain& chain, const ClusterNames& names, const FieldPath& path,
                Findings& findings) {
  const FieldPath filter = path.Element("filters", 0);
  const FieldPath typed_config = filter.Field("typed_config");
  const bool single = chain.tcp_proxy.clusters.size() == 1;
  CheckReferences(chain, names, typed_config.Field(single ? "cluster" : "weighted_clusters"),
                  findings);
  const std::string& protocol = chain.match.transport_protocol;
  if (!protocol.empty() && protocol != "raw_buffer" && protocol != "tls") {
    const FieldPath match = path.Field("filter_chain_match");
    findings.Warning(match.Field("transport_protocol"), protocol,
                     "no connection has this: expected raw_buffer or tls");
  }
}

void CheckConflicts(const Listener& listener, const FieldPath& path, Findings& findings) {
  for (const FilterChainConflict& conflict : FindFilterChainConflicts(listener)) {
    findings.Error(path.Element("filter_chains", conflict.second), conflict.text);
  }
}

void CheckListener(const Listener& listener, const ClusterNames& names, const FieldPath& path,
                   Findings& findings) {
  for (size_t i = 0; i < listener.filter_chains.size(); ++i) {
    CheckChain(*listener.filter_chains[i], names, path.Element("filter_chains", i), findings);
  }
  if (listener.default_filter_chain != nullptr) {
    CheckChain(*listener.default_filter_chain, names, path.Field("default_filter_chain"), findings);
  } else if (listener.filter_chains.empty()) {
    findings.Missing(path.Field("filter_chains"),
                     "expected a filter chain, or default_filter_chain");
  }
  CheckConflicts(listener, path, findings);
}

}  // namespace

void ValidateSnapshot(const Snapshot& snapshot, const FieldPath& path, Findings& findings) {
  const ClusterNames names = CheckClusterNames(snapshot, path, findings);
  CheckListenerNames(snapshot, path, findings);
  AddressOwners owners;
  for (size_t i = 0; i < snapshot.listeners.size(); ++i) {
    const Listener& listener = *snapshot.listeners[i];
    const FieldPath own = path.Element("listeners", i);
    CheckAddresses(listener, i, own.Field("address"), owners, findings);
    CheckListener(listener, names, own, findings);
  }
}

}  // namespace outrigger::config
