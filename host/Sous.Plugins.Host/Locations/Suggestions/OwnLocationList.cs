using Sous.Plugins.Host.Http.Versions;

namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>The tenant's own locations as the API answers them.</summary>
/// <param name="Version">Of the whole list, for <c>If-Match</c>.</param>
internal sealed record OwnLocationList(IReadOnlyList<OwnLocation> Items, string Version) : IVersioned
{
    public static OwnLocationList Of(OwnLocations own) => new(own.Items, own.Version);
}
