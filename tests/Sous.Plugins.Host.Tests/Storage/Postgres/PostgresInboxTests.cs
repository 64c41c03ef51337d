using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>And what two hosts on one database do at once.</summary>
public sealed class PostgresInboxTests() : InboxTests(Engine.Postgres)
{
    [Fact]
    public async Task Hosts_that_keep_the_same_events_at_once_keep_each_once()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IInbox[] hosts = [test.Inbox, (await test.Database.OpenAsync()).Inbox];

        var kept = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => hosts[i % 2].KeepAsync([.. Enumerable.Range(i / 4, 20).Select(static n => Entry($"n{n}"))], Token)));

        Assert.Equal(29, kept.Sum());
        Assert.Equal(29, (await hosts[0].ReadNewAsync(1_000, Token)).Select(static entry => entry.EventId).Distinct().Count());
    }

    [Fact]
    public async Task What_one_host_has_taken_and_finished_another_that_read_it_too_does_not_bring_back()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IInbox[] hosts = [test.Inbox, (await test.Database.OpenAsync()).Inbox];
        await hosts[0].KeepAsync([Entry("a"), Entry("b")], Token);
        var read = await hosts[1].ReadNewAsync(1, Token);
        await TakeAsync(hosts[0], SalesWork);
        await hosts[0].FinishAsync(SalesWork, null, Token);

        await hosts[1].TakeAsync([(read[0], [SalesWork, GrantWork])], Token);
        await hosts[1].TakeAsync([(read[0], [])], Token);

        Assert.Empty(await hosts[1].ListWorkAsync(Token));
        Assert.Equal(0, await hosts[1].CountUnclaimedAsync(Shop, Token));
    }

    [Fact]
    public async Task Hosts_that_take_the_same_events_at_once_make_work_of_each_once()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IInbox[] hosts = [test.Inbox, (await test.Database.OpenAsync()).Inbox];
        await hosts[0].KeepAsync([.. Enumerable.Range(0, 100).Select(static n => Entry($"n{n}"))], Token);
        var read = await hosts[0].ReadNewAsync(1_000, Token);

        await Task.WhenAll(hosts.SelectMany(host => new[] { read, [.. read.Reverse()] }.Select(
            entries => host.TakeAsync([.. entries.Select(static entry => (entry, (IReadOnlyList<InboxKey>)[SalesWork]))], Token))));

        Assert.Equal(read, await hosts[0].ReadWorkAsync(SalesWork, 1_000, Token));
        Assert.Empty(await hosts[0].ReadNewAsync(1, Token));
    }

    [Fact]
    public async Task Hosts_that_finish_the_last_works_of_an_event_at_once_leave_its_id_alone()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IInbox[] hosts = [test.Inbox, (await test.Database.OpenAsync()).Inbox];
        for (var i = 0; i < 50; i++)
        {
            await hosts[0].KeepAsync([Entry($"n{i}") with { AccountId = "acc", LocationId = "loc" }], Token);
            await TakeAsync(hosts[0], SalesWork, GrantWork);
            await Task.WhenAll(hosts[0].FinishAsync(SalesWork, null, Token), hosts[1].FinishAsync(GrantWork, null, Token));
        }

        Assert.Equal(0L, await test.Database.ExecuteAsync("SELECT count(*) FROM inbox WHERE account IS NOT NULL OR place IS NOT NULL"));
        Assert.Equal(50L, await test.Database.ExecuteAsync("SELECT count(*) FROM inbox"));
    }
}
