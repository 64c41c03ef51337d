using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Kills.Together;

/// <summary>What must hold of a <see cref="BusyHost"/> whenever and however often it was killed, a check each; told by what the host gives to the outside.</summary>
/// <param name="context">Stands before what is found.</param>
internal sealed class Invariants(BusyHost busy, string context)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    // Answers to refreshes that kills lost, owners who had to act, and refresh tokens that the lost answers may have had sent again.
    private int _lost;
    private int _flagged;
    private int _mayBeReused;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>After a kill.</summary>
    /// <param name="killed">Must have kept quiet.</param>
    public async Task NoteKillAsync(HostProcess killed)
    {
        I8NoSecretIsTold("The host's log", killed.Output);
        while (busy.Folder.Service.Tokens.InFlight > 0)
        {
            await Task.Delay(2, Token);
        }

        _lost += await busy.Fleet.CountLostAsync();
        _mayBeReused += busy.Fleet.Open.Count;
    }

    /// <summary>Waits until each account's connection works, and has those owners reconnect who must.</summary>
    public async Task RecoverAsync(HostProcess host)
    {
        using var client = host.Client();
        foreach (var account in await busy.Fleet.SettleAsync(client))
        {
            _flagged++;
            await busy.Fleet.ReconnectAsync(client, account);
        }
    }

    /// <summary>Starts the host once more, lets it come to rest, and checks all.</summary>
    /// <param name="mayReuse">Whether the service takes a refresh token again for a while.</param>
    /// <returns>What there was, in a sentence.</returns>
    public async Task<string> AssertAsync(bool mayReuse)
    {
        await using var host = busy.Start();
        await host.ReadyAsync(Token);
        using var platform = busy.PlatformOf(host);
        await I5NoConnectionIsDeadInSilenceAsync(host, platform, mayReuse);
        await NothingAcknowledgedIsLostAsync(platform);
        var feed = await I1EachRecordIsToldOnceAsync(platform);
        await I2NoCursorIsAheadAsync(platform, feed);
        await I3TheFeedIsAsItWasReadAsync(platform.Client);
        var delivered = await I4EachEventIsDeliveredAsync(platform);
        await I7NoTenantSeesAnotherAsync(platform.Client);
        await host.StopAsync(Token);
        await I6TheStoreIsWholeAsync();
        I8NoSecretIsTold("The host's log", host.Output);
        await Leaks.AssertNotInFilesAsync(busy.Folder.Data, busy.Secrets, Token);
        return $"{feed.Entries} entries in the feed, {feed.Current.Count()} records stand; {delivered}; {busy.Folder.Service.Tokens.Refreshes.Count()} refreshes, {_lost} answers lost, {busy.Folder.Service.Tokens.Reuses} tokens sent again, {_flagged} owners asked to reconnect";
    }

    /// <summary>Starts the host once more, and checks what can be told at once.</summary>
    public async Task GlanceAsync()
    {
        await using var host = busy.Start();
        await host.ReadyAsync(Token);
        using var platform = busy.PlatformOf(host);
        await RecoverAsync(host);
        await I3TheFeedIsAsItWasReadAsync(platform.Client);
        await host.KillAsync();
        await NoteKillAsync(host);
        await I6TheStoreIsWholeAsync();
    }

    /// <summary>I8: no secret in what the host says.</summary>
    private void I8NoSecretIsTold(string where, string told)
        => Assert.All(busy.Secrets, secret => Assert.False(told.Contains(secret, StringComparison.Ordinal), $"{context}: {where} holds a secret."));

    /// <summary>I5: each connection is well, or flagged with a reason; and its owner is asked only where the service's own rules leave nothing else.</summary>
    private async Task I5NoConnectionIsDeadInSilenceAsync(HostProcess host, Platform platform, bool mayReuse)
    {
        await ResumeAsync(platform);
        Assert.Equal("ok", (string)(await platform.ViewAsync(Token))["status"]!);
        await RecoverAsync(host);
        Assert.Equal(mayReuse ? 0 : _lost, _flagged);
        Assert.InRange(busy.Folder.Service.Tokens.Reuses, 0, _mayBeReused);
    }

    /// <summary>I1 for webhooks: before anybody asks for a run, what was acknowledged alone brings its order.</summary>
    private async Task NothingAcknowledgedIsLostAsync(Platform platform)
    {
        var acknowledged = busy.Square.Simulator.Webhooks.Attempts
            .Where(static attempt => attempt is { Status: 200, OrderId: not null }).Select(static attempt => attempt.OrderId ?? "").ToHashSet();
        await EventuallyAsync("Of the orders whose webhooks were acknowledged the feed lacks", async () =>
        {
            await busy.Readers[0].ReadOnAsync(platform.Client, Token);
            var told = (await platform.ReadFeedAsync(Token)).Current.Select(static record => record.Id).ToHashSet();
            return [.. acknowledged.Except(told)];
        });
    }

    /// <summary>I1: what the service has is in the feed, once per version; also each page of the accounts' catalogues.</summary>
    private async Task<FeedCheck> I1EachRecordIsToldOnceAsync(Platform platform)
    {
        await platform.SettleAsync(Token);
        var feed = await platform.ReadFeedAsync(Token);
        await busy.Square.AssertHeldByAsync(feed, context, Token);
        var accounts = new Platform(platform.Client) { Tenant = "t1", Streams = ["catalog"] };
        foreach (var connection in busy.Fleet.Connections)
        {
            await new Platform(platform.Client) { Tenant = "t1", Connection = connection, Streams = ["catalog"] }.SettleAsync(Token);
        }

        var catalogs = await accounts.ReadFeedAsync(Token);
        Assert.Empty(catalogs.Findings);
        Assert.Equal(busy.Fleet.Connections.Count * OAuthServer.Pages, catalogs.Current.Count());
        return feed;
    }

    /// <summary>I2: no checkpoint stands behind a record that was not stored. A walk that goes by no checkpoint finds nothing that those before left out.</summary>
    private async Task I2NoCursorIsAheadAsync(Platform platform, FeedCheck feed)
    {
        var newest = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(14)); // has begun where each day begins first
        string DayText(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string outcome;
        var unchanged = 0;
        do
        {
            // A webhook that is sent again may want a run meanwhile: days of the past give way to it, and go on afterwards.
            var run = await platform.RunAsync("sales", new JsonObject { ["from"] = DayText(newest.AddDays(-11)), ["to"] = DayText(newest) }, Token);
            outcome = (string)run["outcome"]!;
            unchanged += (int)run["unchanged"]!;
            Assert.True(outcome is "completed" or "retry_later", $"{context}: {run}");
        }
        while (outcome != "completed");

        var late = new List<string>();
        await foreach (var entry in platform.ReadEntriesAsync(Token))
        {
            if ((long)entry["sequence"]! > feed.Entries)
            {
                var before = feed.Current.FirstOrDefault(record => record.Id == (string)entry["id"]!).Entry;
                late.Add($"{before?.ToJsonString()}\n{entry.ToJsonString()}");
            }
        }

        Assert.True(late.Count == 0, $"{context}: runs since the checkpoint left out what a run of all days found:\n{string.Join("\n\n", late)}");
        Assert.InRange(unchanged, feed.Current.Count(static record => record.Stream == "sales"), int.MaxValue);
    }

    /// <summary>I3: sequences rise without a gap, and what a reader has seen stays as it was.</summary>
    private async Task I3TheFeedIsAsItWasReadAsync(HostClient client)
    {
        foreach (var reader in busy.Readers)
        {
            await reader.ReadOnAsync(client, Token);
            await reader.AssertUnchangedAsync(client, Token);
        }
    }

    /// <summary>I4: each event of the tenant's log has arrived, in the order of its lane, under its own id however often.</summary>
    /// <returns>What was delivered, in words.</returns>
    private async Task<string> I4EachEventIsDeliveredAsync(Platform platform)
    {
        var told = new Dictionary<string, long>();
        await EventuallyAsync("Events that were not delivered:", async () =>
        {
            told = (await platform.ReadEventsAsync(Token)).ToDictionary(static one => (string)one["id"]!, static one => (long)one["sequence"]!);
            await platform.SettleDeliveriesAsync(busy.Subscription, Token);
            return [.. told.Keys.Except(busy.Receiver.Taken.Select(static request => request.Id))];
        });
        var taken = busy.Receiver.Taken.ToList();
        Assert.Empty(taken.Select(static request => request.Id).Except(told.Keys));
        foreach (var lane in taken.DistinctBy(static request => request.Id).GroupBy(LaneOf))
        {
            var sequences = lane.Select(request => told[request.Id]).ToList();
            Assert.Equal(sequences.Order(), sequences);
        }

        foreach (var body in busy.Receiver.Requests.Select(static request => Encoding.UTF8.GetString(request.Body)))
        {
            I8NoSecretIsTold("A delivery", body);
        }

        return $"{told.Count} events in {busy.Receiver.Requests.Count} attempts, {taken.Count - told.Count} of them taken again";
    }

    /// <summary>I6: both stores opened as each kill left them, or no host would have started; and no page is torn.</summary>
    private async Task I6TheStoreIsWholeAsync()
    {
        await using var changes = new SqliteConnection($"Data Source={Path.Combine(busy.Folder.Data, "changes.db")};Pooling=False");
        await changes.OpenAsync(Token);
        var check = new SqliteCommand("PRAGMA integrity_check", changes);
        Assert.Equal("ok", await check.ExecuteScalarAsync(Token));
    }

    /// <summary>I7: what a tenant is told of is its own, in the feed, in the log and at its address.</summary>
    private async Task I7NoTenantSeesAnotherAsync(HostClient client)
    {
        foreach (var (tenant, own) in ((string, IReadOnlyCollection<string>)[])[("demo", [busy.Connection]), ("t1", busy.Fleet.Connections)])
        {
            var platform = new Platform(client) { Tenant = tenant };
            await foreach (var entry in platform.ReadEntriesAsync(Token))
            {
                Assert.Contains((string)entry["connection"]!, own);
            }

            Assert.All((await platform.ReadEventsAsync(Token)).Select(static told => (string?)told["connection"]).OfType<string>(), connection => Assert.Contains(connection, own));
        }

        Assert.All(busy.Receiver.Requests.Select(static request => request.Connection).OfType<string>(), connection => Assert.Equal(busy.Connection, connection));
    }

    /// <summary>A kill may have fallen between the operator's pause and its end.</summary>
    private static async Task ResumeAsync(Platform platform)
    {
        if ((string)(await platform.ViewAsync(Token))["status"]! == "paused")
        {
            await platform.Client.PostAsync($"{platform.Path}/resume", null, Token);
        }
    }

    private async Task EventuallyAsync(string complaint, Func<Task<IReadOnlyCollection<string>>> missing)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while (await missing() is { Count: > 0 } left)
        {
            Assert.False(deadline.IsCancellationRequested, $"{context}: {complaint} {string.Join(", ", left.Take(20))}");
            await Task.Delay(100, Token);
        }
    }

    /// <summary>A connection's events of a stream, or of its own condition.</summary>
    private static (string?, string, string?) LaneOf(WebhookReceiver.Request request)
        => (request.Connection, request.Type.Split('.')[0], request.Data.TryGetProperty("stream", out var stream) ? stream.GetString() : null);
}
