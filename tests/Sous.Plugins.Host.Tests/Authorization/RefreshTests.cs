using System.Net;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariants 3, 4 and 5.</summary>
public sealed class RefreshTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;
    private Connection _connection = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CredentialRefresher Refresher => _app.Get<CredentialRefresher>();

    public async ValueTask InitializeAsync()
    {
        _app = await AuthorizationApp.StartAsync(TestDriver.Load(TestDriver.Id, a => a with { RefreshAgeSeconds = 7 * 86_400 }));
        _connection = await _app.ConnectAsync();
        _app.Service.TokenRequests.Clear();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Two_hundred_callers_on_a_dead_token_make_one_token_request()
    {
        _app.Service.Rotates = true;
        var used = await Refresher.GetAccessTokenAsync(_connection.Id, Token);
        _app.Service.ExpireAccessTokens();

        var tokens = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => Refresher.RefreshAfter401Async(_connection.Id, used, Token).AsTask())));

        Assert.Single(_app.Service.TokenRequests);
        Assert.Single(tokens.Select(t => t!.Value.Reveal()).Distinct());
        Assert.NotEqual(used.Reveal(), tokens[0]!.Value.Reveal());
    }

    [Fact]
    public async Task Ahead_of_its_end_a_token_is_renewed_without_anybody_asking()
    {
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(_app.Get<RefreshSchedule>().DueOf(_connection.Id) is not null));
        var due = _app.Get<RefreshSchedule>().DueOf(_connection.Id)!.Value;
        var end = (await CredentialAsync()).AccessTokenExpiresAt!.Value;
        Assert.InRange(end - due, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(18));

        _app.Clock.Advance(due - _app.Clock.GetUtcNow());
        await AuthorizationApp.EventuallyAsync(async () => (await CredentialAsync()).Version == 2);

        Assert.Single(_app.Service.TokenRequests);
    }

    [Fact]
    public async Task A_token_with_a_long_life_is_renewed_by_age()
    {
        _app.Service.ExpiresIn = "2592000";
        await RefreshAsync();
        var since = (await CredentialAsync()).RefreshedAt!.Value;
        var due = RefreshSchedule.DueOf(await CredentialAsync(), TestDriver.Load("x", a => a with { RefreshAgeSeconds = 7 * 86_400 }).Manifest.Authorization, TimeSpan.Zero)!.Value;

        Assert.InRange(due - since, TimeSpan.FromDays(5.8), TimeSpan.FromDays(7));
    }

    [Fact]
    public async Task An_answer_without_a_refresh_token_keeps_the_old_one_and_one_with_it_replaces_it()
    {
        var first = (await SecretsAsync()).RefreshToken!.Value.Reveal();
        await RefreshAsync();
        Assert.Equal(first, (await SecretsAsync()).RefreshToken!.Value.Reveal());

        _app.Service.Rotates = true;
        await RefreshAsync();
        Assert.Equal(_app.Service.RefreshToken, (await SecretsAsync()).RefreshToken!.Value.Reveal());
        Assert.NotEqual(first, _app.Service.RefreshToken);
    }

    [Fact]
    public void Many_connections_begin_so_early_that_there_is_a_turn_for_each()
    {
        var now = _app.Clock.GetUtcNow();
        var manifest = TestDriver.Load("x").Manifest.Authorization;
        var aheads = Enumerable.Range(0, 10_000).Select(number =>
        {
            var credential = new Credential
            {
                Connection = new ConnectionId($"con_{number}"),
                Tenant = new TenantId("t1"),
                Version = 1,
                ObtainedAt = now,
                AccessTokenExpiresAt = now + TimeSpan.FromHours(1),
                Protected = new Dictionary<string, string>(),
            };
            return credential.AccessTokenExpiresAt!.Value - RefreshSchedule.DueOf(credential, manifest, TimeSpan.FromMinutes(16))!.Value;
        }).ToList();

        Assert.InRange(aheads.Min(), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(16));
        Assert.InRange(aheads.Max(), TimeSpan.FromMinutes(34), TimeSpan.FromMinutes(36));
        Assert.All(aheads.GroupBy(ahead => (int)ahead.TotalMinutes), minute => Assert.InRange(minute.Count(), 1, 10_000 / 16));
    }

    [Fact]
    public async Task A_429_leaves_the_service_alone_for_all_connections_of_the_registration_to_the_second()
    {
        var other = await _app.ConnectAsync();
        _app.Service.TokenRequests.Clear();
        _app.Service.OddTokens = context =>
        {
            context.Response.Headers.RetryAfter = "120";
            return ServiceDouble.JsonAsync(context, 429, "{}");
        };

        var refused = await Refresher.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);
        _app.Service.OddTokens = null;
        var kept = await Refresher.RefreshAsync(other.Id, 1, Urgency.Live, Token);
        _app.Clock.Advance(TimeSpan.FromSeconds(119));
        var still = await Refresher.RefreshAsync(other.Id, 1, Urgency.Live, Token);
        Assert.Single(_app.Service.TokenRequests);
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        var renewed = await Refresher.RefreshAsync(other.Id, 1, Urgency.Live, Token);

        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromSeconds(120)), (refused.Failure, refused.Wait));
        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromSeconds(120)), (kept.Failure, kept.Wait));
        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromSeconds(1)), (still.Failure, still.Wait));
        Assert.Equal(2, renewed.GetCredential().Version);
    }

    [Fact]
    public async Task The_services_word_that_the_grant_is_gone_makes_the_owner_act()
    {
        _app.Service.RefreshToken = "another";
        _app.Clock.Advance(TimeSpan.FromHours(2));

        var failure = await Assert.ThrowsAsync<DriverException>(async () => await Refresher.GetAccessTokenAsync(_connection.Id, Token));
        var connection = await ConnectionAsync();

        Assert.Equal(FailureKind.Unauthorized, failure.Kind);
        Assert.Equal((ConnectionStatus.NeedsReconnect, Actor.Owner), (connection.Status, connection.Actor));
        Assert.Null(_app.Get<RefreshSchedule>().DueOf(_connection.Id));
    }

    [Fact]
    public async Task Whoever_saves_second_reads_again_and_changes_no_status()
    {
        var store = _app.Get<CredentialStore>();
        var winner = _app.Service.IssueAccessToken();
        _app.Service.OddTokens = async context =>
        {
            // Another holder saves while this one's answer, a refusal of the spent token, is on its way.
            var now = (await store.FindAsync(_connection.Id, Token))!;
            var secrets = await store.RevealAsync(now, Token);
            await store.SaveAsync(
                new CredentialMaterial
                {
                    Connection = now.Connection,
                    Tenant = now.Tenant,
                    Secrets = secrets with { AccessToken = new Secret(winner) },
                    AccessTokenExpiresAt = _app.Clock.GetUtcNow() + TimeSpan.FromHours(1),
                    ObtainedAt = now.ObtainedAt,
                },
                now.Version,
                Token);
            return await ServiceDouble.JsonAsync(context, 400, """{"error":"invalid_grant"}""");
        };
        _app.Clock.Advance(TimeSpan.FromHours(2));

        var token = await Refresher.GetAccessTokenAsync(_connection.Id, Token);

        Assert.Equal(winner, token.Reveal());
        Assert.Equal(ConnectionStatus.Ok, (await ConnectionAsync()).Status);
    }

    [Fact]
    public async Task The_lease_is_on_disk_before_the_service_is_asked_and_an_open_one_is_tried_at_the_next_start()
    {
        RefreshLease? seen = null;
        _app.Service.OddTokens = async context =>
        {
            seen = (await CredentialAsync()).Lease;
            context.Abort();
            return true;
        };
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<DriverException>(async () => await Refresher.GetAccessTokenAsync(_connection.Id, Token));
        Assert.NotNull(seen);

        _app.Service.OddTokens = null;
        await _app.RestartAsync();
        await AuthorizationApp.EventuallyAsync(async () => await CredentialAsync() is { Version: 2, Lease: null });

        Assert.Equal("ok", await _app.StatusOfAsync(_connection.Id));
    }

    [Fact]
    public async Task A_rejected_client_asks_the_operator_and_recovers_by_itself()
    {
        _app.Service.OddTokens = context => ServiceDouble.JsonAsync(context, 401, """{"error":"invalid_client"}""");
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<DriverException>(async () => await Refresher.GetAccessTokenAsync(_connection.Id, Token));
        var troubled = await ConnectionAsync();
        _app.Service.OddTokens = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(11));
        await Refresher.GetAccessTokenAsync(_connection.Id, Token);
        await AuthorizationApp.EventuallyAsync(async () => (await ConnectionAsync()).Status == ConnectionStatus.Ok);

        Assert.Equal((ConnectionStatus.NeedsAttention, Actor.Operator), (troubled.Status, troubled.Actor));
        Assert.Null((await ConnectionAsync()).Cause);
    }

    [Fact]
    public async Task A_refused_token_that_had_been_renewed_meanwhile_does_not_end_the_grant_where_the_new_one_is_refused_too()
    {
        var used = await Refresher.GetAccessTokenAsync(_connection.Id, Token);
        await RefreshAsync();
        _app.Service.ExpireAccessTokens();

        var other = await Refresher.RefreshAfter401Async(_connection.Id, used, Token);
        await _app.Get<ConnectionStore>().MarkNeedsReconnectAsync(_connection.Id, "sales", "The service does not accept the access token.", null, Token);

        Assert.NotEqual(used.Reveal(), other!.Value.Reveal());
        Assert.Equal(ConnectionStatus.NeedsAttention, (await ConnectionAsync()).Status);
    }

    [Fact]
    public async Task A_401_costs_one_refresh_and_one_retry_of_the_same_request()
    {
        _app.Service.ExpireAccessTokens();
        var handler = _app.Get<ConnectionAuthorization>().CreateHandler(_connection);
        handler.InnerHandler = new SocketsHttpHandler();
        using var client = new HttpClient(handler);
        using var content = new StringContent("the body goes out twice");

        using var response = await client.PostAsync(new Uri(_app.Service.Address, "api/echo"), content, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("the body goes out twice", await response.Content.ReadAsStringAsync(Token));
        Assert.Single(_app.Service.TokenRequests);
        Assert.Null(response.RequestMessage!.Headers.Authorization);
    }

    private async Task RefreshAsync()
    {
        var end = await Refresher.RefreshAsync(_connection.Id, (await CredentialAsync()).Version, Urgency.Live, Token);
        Assert.NotNull(end.Credential);
    }

    private async Task<Credential> CredentialAsync() => (await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token))!;

    private async Task<CredentialSecrets> SecretsAsync() => await _app.Get<CredentialStore>().RevealAsync(await CredentialAsync(), Token);

    private async Task<Connection> ConnectionAsync() => (await _app.Get<ConnectionStore>().FindAsync(_connection.Id, Token))!;
}
