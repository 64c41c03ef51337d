using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Events;

public sealed class EventLogTests : IAsyncLifetime
{
    private static readonly TenantId Tenant = new("t1");
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _temporary = new();
    private DataFolder _folder = null!;
    private LiteDbRegistry _registry = null!;
    private EventLog _log = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _temporary.Dispose();
    }

    [Fact]
    public async Task Each_tenant_has_its_own_numbers_and_they_go_on_after_a_restart()
    {
        await AppendAsync(3);
        await AppendAsync(1, tenant: new TenantId("t"));
        await CloseAsync();
        Open();
        await AppendAsync(1);

        Assert.Equal([1, 2, 3, 4], await ReadAsync(0));
        Assert.Equal([1], await ReadAsync(0, tenant: new TenantId("t")));
    }

    [Fact]
    public async Task A_reader_goes_from_page_to_page_and_misses_none()
    {
        await AppendAsync(257);
        var read = new List<long>();
        for (var after = 0L; ;)
        {
            var page = (await _log.ReadAsync(Tenant, after, 60, new CancellationToken(true), Token))!;
            if (page.Items.Count == 0)
            {
                Assert.Equal(257, page.Next);
                break;
            }

            read.AddRange(page.Items.Select(told => told.Sequence));
            after = page.Next;
        }

        Assert.Equal(Enumerable.Range(1, 257).Select(i => (long)i), read);
    }

    [Fact]
    public async Task A_write_that_fails_leaves_neither_event_nor_number()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _log.WriteAsync(
            transaction =>
            {
                EventLog.Append(transaction, Event(Tenant, Start));
                throw new InvalidOperationException();
            },
            Token));
        await AppendAsync(1);

        Assert.Equal([1], await ReadAsync(0));
    }

    [Fact]
    public async Task A_waiting_reader_is_told_at_once_and_one_whose_patience_ends_gets_nothing_and_the_same_place()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = _log.ReadAsync(Tenant, 0, 10, patience.Token, Token);
        Assert.False(waiting.IsCompleted);
        await AppendAsync(1, tenant: new TenantId("other"));
        await AppendAsync(1);
        Assert.Equal([1], (await waiting)!.Items.Select(told => told.Sequence));

        var idle = _log.ReadAsync(Tenant, 1, 10, patience.Token, Token);
        await patience.CancelAsync();
        var page = (await idle)!;
        Assert.Equal((0, 1), (page.Items.Count, page.Next));
    }

    [Fact]
    public async Task The_oldest_go_by_age_and_a_reader_below_is_told_so()
    {
        await AppendAsync(3);
        await AppendAsync(1, Start + EventLog.Kept);

        Assert.Equal([4], await ReadAsync(0));
        Assert.Equal([4], await ReadAsync(3));
        Assert.Null(await _log.ReadAsync(Tenant, 2, 10, new CancellationToken(true), Token));
        Assert.Null(await _log.ReadAsync(Tenant, 5, 10, new CancellationToken(true), Token));
        Assert.Single(await _registry.ListAsync(PlatformEvent.Collection, "", Token));
    }

    [Fact]
    public async Task A_reader_whose_next_events_go_while_it_reads_is_told_so()
    {
        await AppendAsync(3);
        var log = new EventLog(new TroubledRegistry(_registry) { Writing = () => AppendAsync(1, Start + EventLog.Kept) });

        Assert.Null(await log.ReadAsync(Tenant, 1, 10, new CancellationToken(true), Token));
    }

    [Fact]
    public async Task The_oldest_go_by_number()
    {
        await AppendAsync(EventLog.Most + 5);

        Assert.Equal(EventLog.Most, (await _registry.ListAsync(PlatformEvent.Collection, "", Token)).Count);
        Assert.Equal(6, (await ReadAsync(0))[0]);
    }

    [Fact]
    public async Task Forgotten_events_are_gone_and_their_numbers_are_not_given_again()
    {
        await AppendAsync(2_345);
        await AppendAsync(1, tenant: new TenantId("t11"));
        await _log.ForgetAsync(Tenant, Token);
        Assert.Empty(await _registry.ListAsync(PlatformEvent.Collection, "t1/", Token));
        Assert.Empty(await ReadAsync(0));

        await AppendAsync(1);

        Assert.Equal([2_346], await ReadAsync(0));
        Assert.Equal([1], await ReadAsync(0, tenant: new TenantId("t11")));
    }

    private async Task AppendAsync(int count, DateTimeOffset? at = null, TenantId? tenant = null)
    {
        foreach (var part in Enumerable.Range(0, count).Chunk(1_000))
        {
            await _log.WriteAsync(
                transaction =>
                {
                    foreach (var _ in part)
                    {
                        EventLog.Append(transaction, Event(tenant ?? Tenant, at ?? Start));
                    }
                },
                Token);
        }
    }

    private async Task<List<long>> ReadAsync(long after, TenantId? tenant = null)
        => [.. (await _log.ReadAsync(tenant ?? Tenant, after, 1_000, new CancellationToken(true), Token))!.Items.Select(told => told.Sequence)];

    private static PlatformEvent Event(TenantId tenant, DateTimeOffset at) => new() { Type = "connection.ok", Tenant = tenant, At = at };

    private void Open()
    {
        _folder = DataFolder.Open(_temporary.Path);
        _registry = LiteDbRegistry.Open(_folder, NullLogger<LiteDbRegistry>.Instance);
        _log = new EventLog(_registry);
    }

    private async Task CloseAsync()
    {
        await _registry.DisposeAsync();
        _folder.Dispose();
    }
}
