using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 3, over several holders of one registry and over a holder's death.</summary>
public sealed class LeaseTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;
    private Connection _connection = null!;
    private TroubledRegistry _registry = null!;
    private int _inFlight;
    private int _mostInFlight;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await AuthorizationApp.StartAsync();
        _connection = await _app.ConnectAsync();

        // The host's own schedule has looked at the connection, and lets the tests alone for an hour's half.
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(_app.Get<RefreshSchedule>().DueOf(_connection.Id) is not null));
        _app.Service.TokenRequests.Clear();
        _app.Service.Rotates = true;
        _registry = new TroubledRegistry(_app.Get<IRegistry>());
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Of_two_holders_one_asks_and_the_other_takes_what_it_saved()
    {
        await using var one = Refresher(new LeaseHolder("one", IsAlone: false));
        await using var other = Refresher(new LeaseHolder("other", IsAlone: false));
        var answer = new TaskCompletionSource();
        _app.Service.OddTokens = context => HoldAsync(answer.Task);

        var first = one.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(_app.Service.TokenRequests.Count == 1));
        var second = other.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);
        await PassAsync(TimeSpan.FromSeconds(8), () => false);
        answer.SetResult();
        var saved = (await first).GetCredential();
        await PassAsync(TimeSpan.FromSeconds(20), () => second.IsCompleted);

        Assert.Equal((2, 2), (saved.Version, (await second).GetCredential().Version));
        Assert.Single(_app.Service.TokenRequests);
        Assert.Equal(1, _mostInFlight);
    }

    [Fact]
    public async Task A_dead_holders_lease_is_waited_out_before_the_token_is_spent_again()
    {
        await _app.Get<CredentialStore>().TakeLeaseAsync(_connection.Id, 1, new LeaseHolder("dead", IsAlone: false), Token);
        await using var heir = Refresher(new LeaseHolder("heir", IsAlone: false));

        var refresh = heir.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);
        await PassAsync(RefreshLease.Life - TimeSpan.FromSeconds(1), () => false);
        Assert.Empty(_app.Service.TokenRequests);
        await PassAsync(TimeSpan.FromSeconds(5), () => refresh.IsCompleted);

        Assert.Equal(2, (await refresh).GetCredential().Version);
        Assert.Single(_app.Service.TokenRequests);
    }

    [Fact]
    public async Task A_lease_that_was_on_disk_too_late_is_taken_anew_before_anything_is_asked()
    {
        DateTimeOffset? taken = null;
        _app.Service.OddTokens = async context =>
        {
            taken = (await CredentialAsync()).Lease?.At;
            return false;
        };
        _registry.Written = write => _app.Clock.Advance(write == 1 ? TimeSpan.FromSeconds(25) : TimeSpan.Zero);
        await using var refresher = Refresher(new LeaseHolder("slow", IsAlone: false));

        await refresher.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);

        Assert.Equal(_app.Clock.GetUtcNow(), taken);
        Assert.Single(_app.Service.TokenRequests);
    }

    [Fact]
    public async Task A_new_token_that_cannot_be_stored_is_kept_and_stored_later_and_the_old_one_is_not_spent_again()
    {
        _app.Service.OddTokens = context =>
        {
            _registry.IsFull = true;
            return Task.FromResult(false);
        };
        await using var refresher = Refresher(new LeaseHolder("full", IsAlone: true));

        var unstored = await refresher.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);
        var shown = await _app.Get<ConnectionViews>().OfAsync(_connection, Token);
        _registry.IsFull = false;
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        var stored = (await refresher.RefreshAsync(_connection.Id, 1, Urgency.Live, Token)).GetCredential();

        Assert.Equal(FailureKind.Transient, unstored.Failure);
        Assert.Equal(Actor.Operator, shown.Actor);
        Assert.Contains("could not be stored", shown.Cause, StringComparison.Ordinal);
        Assert.Equal(2, stored.Version);
        Assert.Equal(_app.Service.RefreshToken, (await _app.Get<CredentialStore>().RevealAsync(stored, Token)).RefreshToken?.Reveal());
        Assert.Single(_app.Service.TokenRequests);
    }

    [Fact]
    public async Task A_host_that_stops_takes_the_answer_that_is_on_its_way()
    {
        var answer = new TaskCompletionSource();
        _app.Service.OddTokens = context => HoldAsync(answer.Task);
        var refresher = _app.Get<CredentialRefresher>();
        var refresh = refresher.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(_app.Service.TokenRequests.Count == 1));

        var restart = _app.RestartAsync();
        await AuthorizationApp.EventuallyAsync(async () => (await refresher.RefreshAsync(new ConnectionId("con_none"), 1, Urgency.Live, Token)).Cause == "The host stops.");

        // A stop that did not wait would close the registry meanwhile.
        await Task.Delay(200, Token);
        answer.SetResult();
        await restart;

        Assert.Equal(2, (await refresh).GetCredential().Version);
        Assert.Equal(2, (await CredentialAsync()).Version);
        Assert.Equal("ok", await _app.StatusOfAsync(_connection.Id));
    }

    [Fact]
    public async Task An_answer_lost_with_a_killed_host_is_found_out_at_once_by_one_try_and_says_so()
    {
        await LoseAnswerAsync();

        await _app.RestartAsync();
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "needs_reconnect");

        var view = await _app.GetAsync($"/api/v1/tenants/t1/connections/{_connection.Id}");
        Assert.Contains("The host was stopped while a refresh was under way", view.GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.Equal("owner", view.GetProperty("actor").GetString());
        Assert.Equal(2, _app.Service.TokenRequests.Count);
        var audit = await _app.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token);
        Assert.Contains(audit, entry => entry.Action == "connection.needs_reconnect" && entry.Detail == view.GetProperty("cause").GetString());
    }

    [Fact]
    public async Task That_an_answer_was_lost_is_not_forgotten_over_a_service_that_is_down_afterwards()
    {
        await LoseAnswerAsync();
        _app.Service.OddTokens = context => ServiceDouble.JsonAsync(context, 503, "{}");

        await _app.RestartAsync();
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(_app.Service.TokenRequests.Count == 2));
        await _app.RestartAsync();
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(_app.Get<RefreshSchedule>().DueOf(_connection.Id) > _app.Clock.GetUtcNow()));
        _app.Service.OddTokens = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(11));
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "needs_reconnect");

        Assert.Contains("The host was stopped while a refresh was under way", (await _app.Get<ConnectionStore>().FindAsync(_connection.Id, Token))!.Cause, StringComparison.Ordinal);
    }

    /// <summary>The service rotates; its answer reaches nobody, and the next refresh is another host's to make.</summary>
    private async Task LoseAnswerAsync()
    {
        _app.Service.OddTokens = context =>
        {
            _app.Service.RefreshToken = "SOUSCANARY-rotated";
            context.Abort();
            return Task.FromResult(true);
        };
        await using var killed = Refresher(new LeaseHolder("killed", IsAlone: true));
        await killed.RefreshAsync(_connection.Id, 1, Urgency.Live, Token);
        _app.Service.OddTokens = null;
    }

    private async Task<bool> HoldAsync(Task until)
    {
        _mostInFlight = Math.Max(_mostInFlight, Interlocked.Increment(ref _inFlight));
        await until.WaitAsync(Token);
        Interlocked.Decrement(ref _inFlight);
        return false;
    }

    /// <summary>Lets time pass second by second, and each second's work be done.</summary>
    private async Task PassAsync(TimeSpan time, Func<bool> isDone)
    {
        for (var passed = TimeSpan.Zero; passed < time && !isDone(); passed += TimeSpan.FromSeconds(1))
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20, Token);
        }
    }

    private CredentialRefresher Refresher(LeaseHolder holder)
    {
        var credentials = new CredentialStore(_registry, _app.Get<CredentialProtector>(), _app.Get<TallyKeeper>(), _app.Clock);
        var refresh = new LeasedRefresh(
            credentials, _app.Get<ConnectionStore>(), _app.Get<TokenClient>(), _app.Get<TokenPaces>(), _app.Get<RefreshTroubles>(), holder, _app.Clock, NullLogger<LeasedRefresh>.Instance);
        return new CredentialRefresher(
            credentials, _app.Get<ConnectionStore>(), refresh, _app.Get<RefreshTroubles>(), _app.Get<RefusedTokens>(), _app.Get<TokenPaces>(),
            _app.Get<DriverLookup>(), _app.Get<ClientRegistrations>(), _app.Get<RefreshMetrics>(), _app.Clock);
    }

    private async Task<Credential> CredentialAsync() => (await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token))!;
}
