using System.Net.Sockets;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 4: however long a service is away, and in whatever way, its connections live on.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private const string Json = "application/json";

    private readonly TroubledSocket _service = new();
    private AuthorizationApp _app = null!;
    private Connection _connection = null!;
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service.Listen();
        _app = await AuthorizationApp.StartAsync([("Clients:other:AuthUrl", _service.Address.AbsoluteUri)]);
        _connection = await InsertAsync(new DriverId("other"));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
    }

    public static TheoryData<string> Outages =>
    [
        "refused", "reset", "black hole", "429", "429 for 90 s", "500", "501", "502", "503", "503 for an hour", "504", "html", "truncated", "half a body", "nothing", "garbage", "redirect", "empty json", "400 html",
    ];

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task Five_days_without_the_service_never_make_the_owner_act_and_then_all_is_well(string outage)
    {
        _service.Answer = (socket, stop) => AnswerAsync(outage, socket, stop);
        if (outage == "refused")
        {
            _service.Refuse();
        }

        // A request that nobody answers takes its 10 s by the real clock, so there are fewer of them.
        var step = TimeSpan.FromHours(outage == "black hole" ? 60 : 8);
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromDays(5); passed += step)
        {
            _app.Clock.Advance(step);
            await SettleAsync();
            var failure = await Assert.ThrowsAsync<DriverException>(() => AskAsync());
            Assert.True(failure.Kind is FailureKind.Transient or FailureKind.RateLimited, $"{failure.Kind}: {failure.Message}");
            var view = await _app.GetAsync($"/api/v1/tenants/t1/connections/{_connection.Id}");
            Assert.Equal(("needs_attention", "nobody"), (view.GetProperty("status").GetString(), view.GetProperty("actor").GetString()));
            Assert.StartsWith("authorization: The token could not be renewed since ", view.GetProperty("cause").GetString(), StringComparison.Ordinal);
            Assert.Equal("refresh", view.GetProperty("next").GetProperty("step").GetString());
        }

        Assert.Equal(ConnectionStatus.Ok, (await _app.Get<ConnectionStore>().FindAsync(_connection.Id, Token))!.Status);
        await RecoverAsync(outage);
    }

    [Fact]
    public async Task A_name_that_resolves_to_nothing_is_an_outage_like_any_other()
    {
        _app.Settings["Clients:other:AuthUrl"] = "https://nowhere.invalid/";
        await _app.RestartAsync();

        for (var hour = 0; hour < 5 * 24; hour += 8)
        {
            _app.Clock.Advance(TimeSpan.FromHours(8));
            var failure = await Assert.ThrowsAsync<DriverException>(() => AskAsync());
            Assert.Equal((FailureKind.Transient, "The service could not be reached."), (failure.Kind, failure.Message));
        }

        _app.Settings["Clients:other:AuthUrl"] = _service.Address.AbsoluteUri;
        await _app.RestartAsync();
        await SettleAsync();
        await RecoverAsync("dns");
    }

    [Fact]
    public async Task While_the_old_token_lives_it_serves_and_the_connection_is_well_and_says_what_it_met()
    {
        _service.Refuse();
        _app.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(20));

        var token = await AskAsync();
        var view = await _app.GetAsync($"/api/v1/tenants/t1/connections/{_connection.Id}");

        Assert.Equal("access-SOUSCANARY-1", token.Reveal());
        Assert.Equal("ok", view.GetProperty("status").GetString());
        Assert.Contains("could not be reached", view.GetProperty("cause").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_amid_an_outage_shows_it_again_by_itself()
    {
        _service.Refuse();
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<DriverException>(() => AskAsync());

        await _app.RestartAsync();
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "needs_attention");
        _service.Listen();
        _service.Answer = Grant;
        _app.Clock.Advance(TimeSpan.FromMinutes(11));

        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "ok");
    }

    private static Task Grant(Socket socket, CancellationToken stop)
        => TroubledSocket.SayAsync(socket, "200 OK", Json, """{"access_token":"access-SOUSCANARY-2","token_type":"Bearer","expires_in":3600}""");

    private static Task AnswerAsync(string outage, Socket socket, CancellationToken stop) => outage switch
    {
        "reset" => TroubledSocket.ResetAsync(socket),
        "black hole" => Task.Delay(Timeout.Infinite, stop),
        "429" => TroubledSocket.SayAsync(socket, "429 Too Many Requests", Json, "{}"),
        "429 for 90 s" => TroubledSocket.SayAsync(socket, "429 Too Many Requests", Json, "{}", "Retry-After: 90\r\n"),
        "500" => TroubledSocket.SayAsync(socket, "500 Error", Json, """{"error":"invalid_grant"}"""),
        "501" => TroubledSocket.SayAsync(socket, "501 Not Implemented", Json, "{}"),
        "502" => TroubledSocket.SayAsync(socket, "502 Bad Gateway", "text/html", "<html>invalid_grant</html>"),
        "503" => TroubledSocket.SayAsync(socket, "503 Unavailable", "text/plain", "invalid_grant"),
        "503 for an hour" => TroubledSocket.SayAsync(socket, "503 Unavailable", Json, "{}", "Retry-After: 3600\r\n"),
        "504" => TroubledSocket.SayAsync(socket, "504 Gateway Timeout", "text/html", "<html></html>"),
        "html" => TroubledSocket.SayAsync(socket, "200 OK", "text/html", "<html>invalid_grant</html>"),
        "truncated" => TroubledSocket.SayAsync(socket, "200 OK", Json, """{"access_token":"access-SOUS"""),
        "half a body" => TroubledSocket.SayAsync(socket, "200 OK", Json, """{"access_token":""", length: 500),
        "nothing" => Task.CompletedTask,
        "garbage" => socket.SendAsync("SSH-2.0-OpenSSH_9.6\r\n"u8.ToArray()),
        "redirect" => TroubledSocket.SayAsync(socket, "307 Temporary Redirect", Json, "{}", "Location: https://elsewhere.example/\r\n"),
        "empty json" => TroubledSocket.SayAsync(socket, "200 OK", Json, "{}"),
        "400 html" => TroubledSocket.SayAsync(socket, "400 Bad Request", "text/html", "<html>invalid_grant</html>"),
        _ => Task.CompletedTask,
    };

    private async Task RecoverAsync(string outage)
    {
        _service.Answer = Grant;
        if (outage == "refused")
        {
            _service.Listen();
        }

        _app.Clock.Advance(TimeSpan.FromHours(2));
        await SettleAsync();
        Assert.Equal("access-SOUSCANARY-2", (await AskAsync()).Reveal());
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "ok");
    }

    private async Task<Secret> AskAsync() => await _app.Get<CredentialRefresher>().GetAccessTokenAsync(_connection.Id, Token);

    /// <summary>Waits for the schedule's own try.</summary>
    private Task SettleAsync()
        => AuthorizationApp.EventuallyAsync(() => Task.FromResult(_app.Get<RefreshSchedule>().DueOf(_connection.Id) > _app.Clock.GetUtcNow()));

    private async Task<Connection> InsertAsync(DriverId driver)
    {
        var now = _app.Clock.GetUtcNow();
        var connection = new Connection { Id = ConnectionId.New(), Tenant = new TenantId("t1"), Driver = driver, Status = ConnectionStatus.Ok, CreatedAt = now, ChangedAt = now };
        var material = new CredentialMaterial
        {
            Connection = connection.Id,
            Tenant = connection.Tenant,
            Secrets = new CredentialSecrets { AccessToken = new Secret("access-SOUSCANARY-1"), RefreshToken = new Secret("refresh-SOUSCANARY-1") },
            AccessTokenExpiresAt = now + TimeSpan.FromHours(1),
            ObtainedAt = now,
        };
        await _app.Get<CredentialStore>().SaveAsync(material, 0, Token);
        await _app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, connection), Token);
        await _app.Get<ConnectionEvents>().RaiseConnectedAsync(connection, Token);
        return connection;
    }
}
