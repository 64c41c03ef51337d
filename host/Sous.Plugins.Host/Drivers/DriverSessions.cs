using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers;

/// <summary>Makes drivers of connections.</summary>
internal sealed class DriverSessions(DriverHttp http, DriverDefects defects, TimeProvider clock, ILoggerFactory loggers)
{
    /// <summary>Bounds a call with its four tries and the waits for a turn before each.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(7);

    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<DriverId, BoundedLog> _logs = new();

    /// <summary>Opens a driver; the caller disposes of the session, and of the handler with it.</summary>
    /// <param name="driver">The generation to use.</param>
    /// <param name="connection">Whose driver it is.</param>
    /// <param name="authorization">Adds the connection's authorization to each request.</param>
    /// <param name="priority">What its calls are for.</param>
    /// <param name="time">What the driver takes for the time of day; the host's own clock if null.</param>
    /// <exception cref="DriverException">An address that the operator set is none, the driver is quarantined, or as many of it are open as may be. The driver's own code may throw anything.</exception>
    public DriverSession Open(LoadedDriver driver, Connection connection, DelegatingHandler authorization, CallPriority priority, TimeProvider? time = null)
    {
        if (defects.Find(driver.Build) is { } quarantine)
        {
            throw new DriverException(FailureKind.Misconfigured, quarantine.Refusal);
        }

        var address = http.GetApiAddress(driver);
        if (!driver.Use.TryEnter(driver.MaxSessions))
        {
            throw new DriverException(
                FailureKind.Transient,
                $"All {driver.MaxSessions} places of the driver {driver.Id} are taken, {driver.Use.LeftBehind} of them by calls that never came back.",
                s_busy);
        }

        var handler = new CallWatch { InnerHandler = http.CreateHandler(driver, new CallLane(connection.Id, priority), authorization) };
        var client = new HttpClient(handler) { BaseAddress = address, Timeout = CallTimeout, MaxResponseContentBufferSize = BoundedContent.Limit };
        try
        {
            return new DriverSession(driver, driver.Factory.Create(new DriverContext
            {
                Http = client,
                HttpHandler = handler,
                ApiAddress = address,
                Clock = time ?? clock,

                // Never ILogger<T> of a driver's type: the root container would hold the driver's code for good.
                Logger = _logs.GetOrAdd(driver.Id, static (id, session) => new BoundedLog(session.loggers.CreateLogger(id.Value), session.clock), (loggers, clock)),
                Settings = Merge(driver.Settings, connection.Settings),
                AccountId = connection.AccountId,
            }), client) { Calls = handler };
        }
        catch
        {
            client.Dispose();
            driver.Use.Leave();
            throw;
        }
    }

    /// <summary>The connection's settings over the entry's, member by member.</summary>
    private static JsonElement Merge(JsonElement? entry, JsonElement connection)
    {
        if (entry is not { } under)
        {
            return connection;
        }

        var merged = JsonObject.Create(under.Clone()) ?? [];
        foreach (var member in connection.EnumerateObject())
        {
            merged[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }

        return JsonSerializer.SerializeToElement(merged);
    }
}
