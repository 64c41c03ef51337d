using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Live;

/// <summary>
/// The one way from a live call to a driver: chooses the tenant's connection that can answer, opens its driver, and bounds
/// each call into it. Every live route goes through here.
/// </summary>
internal sealed partial class LiveDrivers(
    ConnectionStore connections,
    DriverLookup loaded,
    DriverAccess drivers,
    DriverDefects defects,
    LiveCalls calls,
    IOptions<SyncingOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<LiveDrivers> logger)
{
    private const string Where = "live call";

    /// <summary>A driver of the tenant that has the capability, or why there is none. The caller disposes of it.</summary>
    /// <param name="connection">Which connection, where the caller says so.</param>
    public async Task<(LiveDriver? Driver, ProblemHttpResult? Refusal)> OpenAsync(
        TenantId tenant, DriverCapability capability, string? connection, CancellationToken cancellationToken)
    {
        var own = (await connections.ListAsync(tenant, cancellationToken)).Where(static one => !one.IsOver).ToList();
        if (connection is not null && own.TrueForAll(one => one.Id.Value != connection))
        {
            return (null, Problems.NotFound());
        }

        var able = own.Where(one => (connection is null || one.Id.Value == connection) && loaded(one.Driver)?.Capabilities.Contains(capability) == true).ToList();
        return able switch
        {
            [] => (null, Problems.Conflict("capability_absent", connection is null
                ? $"No connection of the tenant has a driver that offers {NameOf(capability)}."
                : $"The driver of this connection does not offer {NameOf(capability)}.")),
            [var one] => await OpenAsync(one, cancellationToken),
            _ => (null, Problems.Conflict(
                "connection_ambiguous",
                $"Several connections of the tenant offer {NameOf(capability)}: say which by 'connection'.",
                ("connections", able.Select(static one => new LiveChoice(one.Id, one.Driver, one.AccountName)).ToList()))),
        };
    }

    /// <summary>The driver of one connection, for calls past it to its service, or why there is none. The caller disposes of it.</summary>
    /// <param name="caller">Where a client registration has one login for several tenants, what is asked cannot be told to be this tenant's: such is for who reaches them all.</param>
    public async Task<(LiveDriver? Driver, ProblemHttpResult? Refusal)> OpenAsync(TenantId tenant, ConnectionId id, Caller caller, CancellationToken cancellationToken)
        => await connections.FindAsync(tenant, id, cancellationToken) switch
        {
            null or { IsOver: true } => (null, Problems.NotFound()),
            { Authorization: AuthorizationKind.ClientCredentials } when !caller.IsAdmin => (null, Problems.Forbidden()),
            { } one => await OpenAsync(one, cancellationToken),
        };

    private static string NameOf(DriverCapability capability) => capability switch
    {
        DriverCapability.Storage => "files",
        DriverCapability.Pos => "sales and a catalogue",
        _ => capability.ToString(),
    };

    private async Task<(LiveDriver? Driver, ProblemHttpResult? Refusal)> OpenAsync(Connection connection, CancellationToken cancellationToken)
    {
        switch (connection.Status)
        {
            case ConnectionStatus.NeedsReconnect:
                return (null, Problems.Conflict("needs_reconnect", "The connection does nothing until its owner reconnects."));
            case ConnectionStatus.Paused:
                return (null, Problems.Conflict("connection_paused", "The connection is paused: it calls its service again when it is resumed."));
        }

        if (drivers.FindQuarantine(connection.Driver) is { } quarantine)
        {
            return (null, Problems.Conflict("driver_quarantined", quarantine.Refusal));
        }

        try
        {
            var session = await DriverCall.RunAsync(token => drivers.OpenAsync(connection, CallPriority.Live, token), options.Value.PageTimeout, clock, cancellationToken);
            var driver = new LiveDriver(session, connection, options.Value, lifetime, clock, this, calls);
            if (loaded(connection.Driver) is null)
            {
                // Taken out of service before the call was known to be under way: nobody stops it.
                driver.Stop($"The driver {connection.Driver} is not loaded.");
            }

            return (driver, null);
        }
        catch (Exception e) when (Explain(connection.Id, drivers.FindBuild(connection.Driver), e) is { } failure)
        {
            return (null, failure.ToProblem());
        }
    }

    /// <summary>What went wrong in a call, in words that hold nothing of the service's, or null where it is not the driver's doing.</summary>
    public LiveFailure? Explain(ConnectionId connection, DriverBuild? build, Exception exception)
    {
        if (exception is DriverDefectException defect)
        {
            Log.Defect(logger, connection, defect.Trace);
        }

        if (exception is DriverException limit && build is { } caller)
        {
            // It closes at once; that it is written down too is nothing to wait for here.
            _ = drivers.HeedAsync(caller.Driver, connection, limit);
        }

        var failure = LiveFailure.Of(exception);
        if (failure is { Code: LiveFailure.Defect } && build is { } known)
        {
            defects.TakeFailure(known, connection, Where, failure.Detail, DefectTrace.Of(exception is DriverDefectException { Defect: var thrown } ? thrown : exception));
        }

        return failure;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3100, Level = LogLevel.Error, Message = "The driver of {Connection} has a defect, met in a live call: {Trace}")]
        public static partial void Defect(ILogger logger, ConnectionId connection, string trace);
    }
}
