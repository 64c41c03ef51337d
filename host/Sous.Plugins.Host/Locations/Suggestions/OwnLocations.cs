using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>The own locations that the platform declared for a tenant, as one list. They serve suggestions alone: any own id can be mapped to.</summary>
internal sealed record OwnLocations(TenantId Tenant, IReadOnlyList<OwnLocation> Items)
{
    public static readonly RegistryCollection<OwnLocations> Collection =
        new("own_locations", static own => own.Tenant.Value, LocationsJson.Default.OwnLocations);

    /// <summary>Another one for each other list.</summary>
    [JsonIgnore]
    public string Version => VersionTag.Of(JsonSerializer.Serialize(this, LocationsJson.Default.OwnLocations));
}
