using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers.Egress.Budgets;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>The host's way out to services: a transport for each driver's API and one for its token endpoints, shared by all of its connections.</summary>
internal sealed class DriverHttp(IConfiguration configuration, Adoption adoption, CallBudgets budgets, EgressMetrics metrics, TimeProvider clock, ILogger<DriverHttp> logger) : IDisposable
{
    private readonly ConcurrentDictionary<(string Driver, int Generation, bool Tokens), Lazy<Transport>> _transports = new();

    /// <summary>Names to addresses; a seam for tests.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>The handler of one connection: restricted to the manifest's hosts, within the service's limits, with retries. Disposing of it leaves the transport in place.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="lane">Whose calls they are, and what for.</param>
    /// <param name="outer">Put outermost, with the handlers that it already holds, so that what it adds is checked and its own repeats are requests of their own; or null.</param>
    /// <exception cref="Sdk.DriverException">An address or a limit that the operator set is none.</exception>
    public HttpMessageHandler CreateHandler(LoadedDriver driver, CallLane lane, DelegatingHandler? outer)
    {
        var transport = GetTransport(driver, tokens: false);
        var egress = new EgressHandler(transport.Policy, lane) { InnerHandler = transport.Handler };
        var last = outer;
        while (last?.InnerHandler is DelegatingHandler inner)
        {
            last = inner;
        }

        if (last is not null)
        {
            last.InnerHandler = egress;
        }

        return new AdoptionHandler(adoption) { InnerHandler = (HttpMessageHandler?)outer ?? egress };
    }

    /// <summary>
    /// The handler for the host's own token requests: restricted to the manifest's token endpoints, and without retries, since
    /// a refresh token that is spent must not be sent again unseen.
    /// </summary>
    /// <exception cref="Sdk.DriverException">An address that the operator set is none.</exception>
    public HttpMessageHandler CreateTokenHandler(LoadedDriver driver)
    {
        var transport = GetTransport(driver, tokens: true);
        return new AdoptionHandler(adoption) { InnerHandler = new EgressHandler(transport.Policy, lane: null) { InnerHandler = transport.Handler } };
    }

    /// <summary>Where the driver's API is: the operator's address, or the manifest's.</summary>
    /// <exception cref="Sdk.DriverException">The address that the operator set is none, or the operator set none where the manifest cannot name it.</exception>
    public Uri GetApiAddress(LoadedDriver driver)
    {
        var operators = OperatorAddresses.Read(configuration, driver.Id);
        operators.CheckFor(driver.Manifest);
        return operators.Api ?? driver.Manifest.ApiAddress;
    }

    public void Dispose()
    {
        foreach (var transport in _transports.Values)
        {
            transport.Value.Handler.Dispose();
        }
    }

    private Transport GetTransport(LoadedDriver driver, bool tokens)
    {
        var operators = OperatorAddresses.Read(configuration, driver.Id);
        var budget = tokens ? null : budgets.Of(driver);
        return _transports.GetOrAdd((driver.Id.Value, driver.Generation, tokens), _ => new Lazy<Transport>(() =>
        {
            var policy = tokens ? EgressPolicy.ForTokens(driver.Manifest, operators) : EgressPolicy.ForApi(driver.Manifest, operators);
            var sockets = CreateSockets(policy);
            return new Transport(policy, budget is null ? sockets : new RetryHandler(driver.Id, budget, (called, word) => budgets.HeedAsync(driver.Id, called, word), metrics, clock, logger) { InnerHandler = sockets });
        })).Value;
    }

    private SocketsHttpHandler CreateSockets(EgressPolicy policy) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        ConnectCallback = new GuardedConnector((host, port, _) => policy.IsOperators(host, port), Resolve, "set it as the driver's ApiUrl or AuthUrl").ConnectAsync,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
        UseProxy = false,
    };

    private sealed record Transport(EgressPolicy Policy, HttpMessageHandler Handler);
}
