using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Audit;

/// <summary>Whoever changes, takes out, moves or cuts off entries in the file is found, by a whole host and in its real registry.</summary>
public sealed class AuditTrailTests : IAsyncLifetime
{
    private RunningWorker _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IRegistry Registry => _host.Worker.Get<IRegistry>();

    public async ValueTask InitializeAsync()
    {
        _host = await RunningWorker.StartAsync();
        for (var i = 1; i <= 6; i++)
        {
            await _host.PostAsync("/api/v1/tenants", new { id = $"t{i}" }, HttpStatusCode.Created);
        }

        await _host.Worker.Get<AuditSeals>().SealAsync(Token);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_trail_that_nobody_touched_is_whole_and_its_head_can_be_noted()
    {
        var noted = await VerdictAsync();
        await _host.PostAsync("/api/v1/tenants", new { id = "later" }, HttpStatusCode.Created);
        var later = await VerdictAsync($"?entries={noted.GetProperty("entries")}&head={noted.GetProperty("head").GetString()}");

        Assert.False(noted.TryGetProperty("fault", out _));
        Assert.False(later.TryGetProperty("fault", out _));
        Assert.Equal(noted.GetProperty("entries").GetInt64() + 1, later.GetProperty("entries").GetInt64());
    }

    [Fact]
    public async Task An_entry_that_was_changed_is_named()
    {
        await TamperAsync(transaction => Rewrite(transaction, 4, static entry => entry with { Actor = "somebody-else" }));

        await ExpectFaultAsync(4, "changed");
    }

    [Fact]
    public async Task An_entry_that_was_changed_with_a_hash_that_fits_breaks_the_next()
    {
        await TamperAsync(transaction => Rewrite(transaction, 4, static entry => Rehash(entry with { Actor = "somebody-else" })));

        await ExpectFaultAsync(5, "follow");
    }

    [Fact]
    public async Task An_entry_that_was_taken_out_is_named()
    {
        await TamperAsync(static transaction => transaction.Delete(AuditEntry.Collection, AuditEntry.KeyOf(3)));

        await ExpectFaultAsync(3, "taken out");
    }

    [Fact]
    public async Task Entries_that_changed_places_are_named()
    {
        await TamperAsync(static transaction =>
        {
            var (third, fourth) = (Find(transaction, 3), Find(transaction, 4));
            transaction.Put(AuditEntry.Collection, Rehash(third with { Sequence = 4 }));
            transaction.Put(AuditEntry.Collection, Rehash(fourth with { Sequence = 3 }));
        });

        await ExpectFaultAsync(3, "follow");
    }

    [Fact]
    public async Task A_trail_whose_end_was_cut_off_misses_what_was_sealed()
    {
        var whole = await HeadAsync();
        await TamperAsync(transaction => CutOff(transaction, whole.Sequence - 2));

        await ExpectFaultAsync(whole.Sequence - 1, "cut off");
    }

    [Fact]
    public async Task A_trail_that_was_cut_off_and_grew_again_is_not_the_one_that_was_sealed()
    {
        var whole = await HeadAsync();
        await TamperAsync(transaction => CutOff(transaction, whole.Sequence - 2));
        for (var i = 0; i < 4; i++)
        {
            await _host.PostAsync("/api/v1/keys", new { scope = "admin" }, HttpStatusCode.Created);
        }

        // The host seals on, but not over what it misses.
        await _host.Worker.Get<AuditSeals>().SealAsync(Token);

        await ExpectFaultAsync(whole.Sequence, "sealed");
    }

    [Fact]
    public async Task A_trail_that_was_written_anew_from_an_entry_on_is_not_the_one_that_was_sealed()
    {
        var whole = await HeadAsync();
        await TamperAsync(transaction =>
        {
            var kept = Enumerable.Range(3, (int)whole.Sequence - 2).Select(place => Find(transaction, place)).ToList();
            CutOff(transaction, 2);
            foreach (var entry in kept)
            {
                transaction.Append(entry with { Detail = "forged" });
            }
        });

        await ExpectFaultAsync(whole.Sequence, "sealed");
    }

    [Theory]
    [InlineData(true, "taken away")]
    [InlineData(false, "altered")]
    public async Task A_seal_that_was_taken_away_or_altered_is_missed(bool takenAway, string reason)
    {
        await TamperAsync(transaction =>
        {
            var seal = transaction.Find(AuditSeal.Collection, AuditSeal.Key)!;
            transaction.Delete(AuditSeal.Collection, AuditSeal.Key);
            if (!takenAway)
            {
                transaction.Put(AuditSeal.Collection, seal with { Protected = seal.Protected[..^4] + "AAAA" });
            }
        });
        await _host.Worker.Get<AuditSeals>().SealAsync(Token);

        await ExpectFaultAsync((await HeadAsync()).Sequence, reason);
    }

    [Fact]
    public async Task A_folder_that_was_put_back_from_earlier_misses_the_head_that_was_noted()
    {
        var whole = await HeadAsync();
        var fault = (await VerdictAsync($"?entries={whole.Sequence + 1}&head={new string('a', 64)}")).GetProperty("fault");
        var other = (await VerdictAsync($"?entries={whole.Sequence - 1}&head={new string('a', 64)}")).GetProperty("fault");

        Assert.Contains("cut off", fault.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(whole.Sequence - 1, other.GetProperty("sequence").GetInt64());
    }

    [Fact]
    public async Task It_is_read_a_page_at_a_time_from_its_first_entry()
    {
        var first = await _host.Admin.GetFromJsonAsync<JsonElement>("/api/v1/audit?limit=3", Token);
        var second = await _host.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/audit?limit=1000&after={first.GetProperty("next").GetString()}", Token);

        Assert.Equal([1, 2, 3], first.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("sequence").GetInt32()));
        Assert.Equal(4, second.GetProperty("items")[0].GetProperty("sequence").GetInt64());
        Assert.False(second.TryGetProperty("next", out _));
        Assert.Equal("cli", first.GetProperty("items")[1].GetProperty("actor").GetString());
        Assert.Equal("t1", first.GetProperty("items")[1].GetProperty("tenant").GetString());
    }

    [Fact]
    public void What_is_hashed_is_fixed_for_ever()
    {
        var (entry, head) = AuditTrail.Chain(AuditHead.Beginning, AuditEntry.Make(DateTimeOffset.UnixEpoch, "key", "key.created", new("t1"), "k2", "words"));

        Assert.Equal("ce323f1c49f6423f024e823ac79212fcc9ae5f7f6a904878c6d9c5c66ec8a393", head.Hash);
        Assert.Equal((1, head.Hash), (entry.Sequence, entry.Hash));
    }

    private static AuditEntry Find(IRegistryTransaction transaction, long place) => transaction.Find(AuditEntry.Collection, AuditEntry.KeyOf(place))!;

    private static AuditEntry Rehash(AuditEntry entry) => entry with { Hash = AuditTrail.HashOf(entry) };

    private static void Rewrite(IRegistryTransaction transaction, long place, Func<AuditEntry, AuditEntry> change)
        => transaction.Put(AuditEntry.Collection, change(Find(transaction, place)));

    private static void CutOff(IRegistryTransaction transaction, long last)
    {
        for (var place = last + 1; transaction.Delete(AuditEntry.Collection, AuditEntry.KeyOf(place)); place++)
        {
        }

        transaction.Put(AuditHead.Collection, AuditHead.Beginning with { Sequence = last, Hash = Find(transaction, last).Hash! });
    }

    /// <summary>As who can write the registry's file would, by its own format.</summary>
    private Task TamperAsync(Action<IRegistryTransaction> change) => Registry.WriteAsync(change, Token);

    private async Task<AuditHead> HeadAsync() => (await Registry.FindAsync(AuditHead.Collection, AuditHead.Key, Token))!;

    private Task<JsonElement> VerdictAsync(string query = "") => _host.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/audit/verification{query}", Token);

    private async Task ExpectFaultAsync(long sequence, string reason)
    {
        var fault = (await VerdictAsync()).GetProperty("fault");
        Assert.Equal(sequence, fault.GetProperty("sequence").GetInt64());
        Assert.Contains(reason, fault.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
