using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;

namespace Sous.Plugins.Host.Locations;

/// <summary>What the platform is told of a location.</summary>
internal static class LocationEvents
{
    /// <summary>It is mapped to nothing, so its records are held.</summary>
    public const string Unmapped = "location.unmapped";

    public static PlatformEvent Of(Connection connection, MappedLocation location, string type, DateTimeOffset at, string cause) => new()
    {
        Type = type,
        Tenant = connection.Tenant,
        At = at,
        Connection = connection.Id,
        Driver = connection.Driver,
        Location = location.OwnId,
        ExternalId = location.Location.Ref.Id,
        Cause = cause,
        Actor = location.OwnId is null ? Actor.Operator : null,
    };

    public static string TypeOf(LocationFindingKind kind) => kind switch
    {
        LocationFindingKind.New => Unmapped,
        LocationFindingKind.Closed => "location.closed",
        LocationFindingKind.Reopened => "location.reopened",
        LocationFindingKind.Vanished => "location.vanished",
        _ => "location.changed",
    };
}
