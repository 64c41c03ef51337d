using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Emergency;

/// <summary>All grants of a driver, or of a tenant, are to be withdrawn: one intent, which outlives restarts until each of them is on its way.</summary>
/// <param name="Actor">Who said so.</param>
internal sealed record EmergencyRevocation(string Id, DriverId? Driver, TenantId? Tenant, string Actor, DateTimeOffset At)
{
    public static readonly RegistryCollection<EmergencyRevocation> Collection =
        new("emergency_revocations", static revocation => revocation.Id, EmergencyJson.Default.EmergencyRevocation);

    public bool Covers(Connection connection) => Covers(connection.Driver, connection.Tenant);

    public bool Covers(ConnectSession session) => Covers(session.Driver, session.Tenant);

    private bool Covers(DriverId driver, TenantId tenant) => Driver == driver || Tenant == tenant;
}
