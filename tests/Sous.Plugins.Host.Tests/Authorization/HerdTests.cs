using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariants 3 and 5 for ten thousand connections of one client registration whose tokens end in the same minute.</summary>
public sealed class HerdTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Count = 10_000;
    private const int PerSecond = 50;

    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly ConcurrentDictionary<long, int> _seconds = new();
    private AuthorizationApp _app = null!;
    private int _refused;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await AuthorizationApp.StartAsync(TestDriver.Load(TestDriver.Id, a => a with { TokenRequestsPerMinute = 60 * PerSecond }));
        _app.Service.OddTokens = AnswerAsync;
        await InsertAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Ten_thousand_are_renewed_once_each_in_time_and_within_the_services_limit_and_so_they_are_after_a_long_stop()
    {
        // Ahead of need.
        await _app.RestartAsync();
        var ends = await EndsAsync();
        var watch = Stopwatch.StartNew();
        await PassAsync(version: 2);
        output.WriteLine($"ahead of need: {Count / watch.Elapsed.TotalSeconds:0} refreshes/s");
        Assert.All(await CredentialsAsync(), credential => Assert.Equal(2, credential.Version));
        Assert.All(await CredentialsAsync(), credential => Assert.True(credential.RefreshedAt < ends[credential.Connection], $"{credential.Connection} was renewed too late."));
        AssertNoHerd();

        // All overdue.
        _asked.Clear();
        await _app.RestartAsync(whileStopped: () => _app.Clock.Advance(TimeSpan.FromHours(3)));
        watch.Restart();
        await PassAsync(version: 3);
        Assert.All(await CredentialsAsync(), credential => Assert.Equal(3, credential.Version));
        output.WriteLine($"overdue: {Count / watch.Elapsed.TotalSeconds:0} refreshes/s");
        AssertNoHerd();
    }

    private void AssertNoHerd()
    {
        Assert.Equal(0, _refused);
        Assert.Equal(Count, _asked.Count);
        Assert.All(_asked.Values, times => Assert.Equal(1, times));
        Assert.InRange(_seconds.Values.Max(), 1, PerSecond);
    }

    /// <summary>Lets time pass second by second, each second's refreshes to their end, until all are at that version.</summary>
    private async Task PassAsync(long version)
    {
        // From turn to turn, from a whole second to just before the next: what is asked late in a second is still asked in it.
        var step = TimeSpan.FromSeconds(1) / PerSecond;
        var pace = _app.Get<TokenPaces>().Of(_app.Get<DriverLookup>()(new DriverId(TestDriver.Id))!);
        var (passed, turnBefore) = (TimeSpan.FromTicks(_app.Clock.GetUtcNow().Ticks % TimeSpan.TicksPerSecond), TimeSpan.FromSeconds(1) - step);
        _app.Clock.Advance(turnBefore - passed + (passed > turnBefore ? TimeSpan.FromSeconds(1) : TimeSpan.Zero));
        await AnsweredAsync(pace);
        for (var second = 0; second < 3600 && !(second % 20 == 0 && await AreAllAsync(version)); second++)
        {
            for (var turn = 0; turn < PerSecond; turn++)
            {
                _app.Clock.Advance(step);
            }

            await AnsweredAsync(pace);
        }
    }

    /// <summary>
    /// Until nobody asks, at three looks in a row: who was due in this second may still be reading what is to be renewed, and would
    /// have its turn in it while its request came in the next.
    /// </summary>
    private static async Task AnsweredAsync(TokenPace pace)
    {
        for (var quiet = 0; quiet < 3; quiet = pace.AtWork > 0 ? 0 : quiet + 1)
        {
            await Task.Delay(2, Token);
        }
    }

    private async Task<bool> AreAllAsync(long version) => (await CredentialsAsync()).All(credential => credential.Version == version);

    private async Task<bool> AnswerAsync(HttpContext context)
    {
        var second = _app.Clock.GetUtcNow().ToUnixTimeSeconds();
        if (_seconds.AddOrUpdate(second, 1, static (_, count) => count + 1) > PerSecond)
        {
            Interlocked.Increment(ref _refused);
            context.Response.Headers.RetryAfter = "1";
            return await ServiceDouble.JsonAsync(context, 429, "{}");
        }

        var token = (await context.Request.ReadFormAsync())["refresh_token"].ToString();
        _asked.AddOrUpdate(token, 1, static (_, count) => count + 1);
        return await ServiceDouble.JsonAsync(context, 200, """{"access_token":"access-SOUSCANARY","token_type":"Bearer","expires_in":3600}""");
    }

    private async Task InsertAsync()
    {
        var now = _app.Clock.GetUtcNow();
        var store = _app.Get<CredentialStore>();
        foreach (var slice in Enumerable.Range(0, Count).Chunk(2_000))
        {
            var connections = slice.Select(number => new Connection
            {
                Id = new ConnectionId(string.Create(CultureInfo.InvariantCulture, $"con_{number}")),
                Tenant = new TenantId("t1"),
                Driver = new DriverId(TestDriver.Id),
                Status = ConnectionStatus.Ok,
                CreatedAt = now,
                ChangedAt = now,
            }).ToList();
            await Task.WhenAll(connections.Select((connection, i) => store.SaveAsync(
                new CredentialMaterial
                {
                    Connection = connection.Id,
                    Tenant = connection.Tenant,
                    Secrets = new CredentialSecrets { AccessToken = new Secret("access-SOUSCANARY-0"), RefreshToken = new Secret($"refresh-SOUSCANARY-{connection.Id}") },
                    AccessTokenExpiresAt = now + TimeSpan.FromHours(1) + TimeSpan.FromSeconds(i % 60),
                    ObtainedAt = now,
                },
                0,
                Token)));
            await _app.Get<IRegistry>().WriteAsync(transaction => connections.ForEach(connection => transaction.Put(Connection.Collection, connection)), Token);
        }
    }

    private ValueTask<IReadOnlyList<Credential>> CredentialsAsync() => _app.Get<IRegistry>().ListAsync(Credential.Collection, "", Token);

    private async Task<Dictionary<ConnectionId, DateTimeOffset>> EndsAsync()
        => (await CredentialsAsync()).ToDictionary(credential => credential.Connection, credential => credential.AccessTokenExpiresAt!.Value);
}
