using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Migrations;

/// <summary>
/// Moves all that is kept from one place to the other, while no host works on either: copies it table by table, compares both, begins another life
/// of the feeds, and only then tells the source that it was moved. At any moment one of the two serves a host, or none does and the next call
/// goes on; never both.
/// </summary>
/// <param name="advanced">Told what is under way, and how many rows of it are through.</param>
internal sealed class Migration(IMigrationSide source, IMigrationSide target, string masterKey, TimeProvider clock, Action<string, long> advanced)
{
    private const int RowsBetweenNews = 1_000;

    /// <returns>Its report; where both sides differ the target stays marked as unfinished.</returns>
    /// <exception cref="MigrationException">It may not be done.</exception>
    /// <exception cref="StorageException">A side failed; the next call goes on.</exception>
    public async Task<MigrationReport> RunAsync(CancellationToken cancellationToken)
    {
        var (from, to) = (await source.LookAsync(cancellationToken), await target.LookAsync(cancellationToken));
        if (from.Moved is { } moved)
        {
            return await EndAsync(moved, to, cancellationToken);
        }

        if (from.UnderWay is { } other)
        {
            throw new MigrationException(other.Explain(source.Where));
        }

        var epoch = from is { IsEmpty: false, Epoch: { } found } ? found : throw new MigrationException($"There is nothing to move in {source.Where}: it holds no stores.");
        var mark = await target.BeginAsync(Decide(epoch, to), cancellationToken);
        var earlier = mark.Done.Count;
        mark = await CopyAsync(mark, cancellationToken);
        var compared = await CompareAsync(cancellationToken);
        if (earlier > 0 && !compared.All(static table => table.IsEqual))
        {
            // A host has worked on the source since an earlier call copied some of it.
            mark = await CopyAsync(mark with { Done = [] }, cancellationToken);
            compared = await CompareAsync(cancellationToken);
        }

        if (!compared.All(static table => table.IsEqual))
        {
            return Report(null, compared);
        }

        var after = new FeedEpoch(FeedEpoch.Draw(), FeedEpoch.Above(epoch.Tell(await FindLongestAsync(cancellationToken)), clock.GetUtcNow()));
        var ready = mark with { Done = [.. mark.Done.Except([CopiedTable.Documents.Name])], Feed = after.Name };
        advanced("making ready", 0);
        await target.MakeReadyAsync(after, await RenewAsync(after.Base - epoch.Base, cancellationToken), ready, cancellationToken);
        await source.CloseAsync(new MovedMark(after.Name, target.Where, clock.GetUtcNow()), cancellationToken);
        await target.OpenAsync(cancellationToken);
        return Report(after.Name, compared);
    }

    /// <summary>The source was told that it was moved: at most the last step is left.</summary>
    private async Task<MigrationReport> EndAsync(MovedMark moved, SideState to, CancellationToken cancellationToken)
    {
        if (to.UnderWay?.Feed == moved.Feed)
        {
            await target.OpenAsync(cancellationToken);
            return Report(moved.Feed, []);
        }

        return to is { UnderWay: null, Moved: null } && to.Epoch?.Name == moved.Feed ? Report(moved.Feed, []) : throw new MigrationException(moved.Explain(source.Where));
    }

    private MigrationMark Decide(FeedEpoch epoch, SideState to) => to switch
    {
        { UnderWay: { } mark } => mark.Source == epoch.Name ? mark with { Feed = null } : throw new MigrationException(mark.Explain(target.Where)),
        { Moved: { } moved } when moved.Feed != epoch.Name => throw new MigrationException($"{moved.Explain(target.Where)} It is put aside only for what comes back from there."),
        { IsEmpty: false, Moved: null } => throw new MigrationException($"{Capital(target.Where)} holds stores already, which are never written over: name an empty one."),
        _ => new MigrationMark { Source = epoch.Name, From = source.Where, BeganAt = clock.GetUtcNow() },
    };

    private async Task<MigrationMark> CopyAsync(MigrationMark mark, CancellationToken cancellationToken)
    {
        foreach (var table in CopiedTable.All.Where(table => !mark.Done.Contains(table.Name)))
        {
            mark = mark with { Done = [.. mark.Done, table.Name] };
            var counter = table.IsNumbered ? await source.ReadCounterAsync(table, cancellationToken) : 0;
            await target.ReplaceAsync(table, () => CountedAsync($"copying {table.Name}", source.ReadAsync(table, cancellationToken)), counter, mark, cancellationToken);
        }

        return mark;
    }

    private async Task<List<ComparedTable>> CompareAsync(CancellationToken cancellationToken)
    {
        var compared = new List<ComparedTable>();
        foreach (var table in CopiedTable.All)
        {
            var (here, there) = (await TallyAsync(source, table, cancellationToken), await TallyAsync(target, table, cancellationToken));
            compared.AddRange(here.Keys.Union(there.Keys).Order(StringComparer.Ordinal).Select(name =>
            {
                var (left, right) = (here.GetValueOrDefault(name) ?? new Tally(), there.GetValueOrDefault(name) ?? new Tally());
                return new ComparedTable(name, left.Rows, right.Rows, left.Hash, right.Hash);
            }));
        }

        return compared;
    }

    private async Task<Dictionary<string, Tally>> TallyAsync(IMigrationSide side, CopiedTable table, CancellationToken cancellationToken)
    {
        var tallies = new Dictionary<string, Tally>(StringComparer.Ordinal);
        if (table != CopiedTable.Documents)
        {
            tallies.Add(table.Name, new Tally());
        }

        await foreach (var row in CountedAsync($"comparing {table.Name}", side.ReadAsync(table, cancellationToken)).WithCancellation(cancellationToken))
        {
            var name = table == CopiedTable.Documents ? $"{table.Name}/{row[0]}" : table.Name;
            if (!tallies.TryGetValue(name, out var tally))
            {
                tallies.Add(name, tally = new Tally());
            }

            tally.Add(row);
        }

        return tallies;
    }

    private async Task<long> FindLongestAsync(CancellationToken cancellationToken)
    {
        var (last, added) = (ColumnOf("last"), ColumnOf("base"));
        return await source.ReadAsync(CopiedTable.Tenants, cancellationToken).Select(row => (long?)((long)(row[last] ?? 0L) + (long)(row[added] ?? 0L))).MaxAsync(cancellationToken: cancellationToken) ?? 0;

        static int ColumnOf(string name) => CopiedTable.Tenants.Columns.Index().Single(column => column.Item.Name == name).Index;
    }

    /// <summary>What was told of a feed's entries stays told, under their new numbers, and the audit trail tells of the migration.</summary>
    private async Task<List<(string Collection, RegistryEntry Entry)>> RenewAsync(long moved, CancellationToken cancellationToken)
    {
        var documents = new List<(string Collection, RegistryEntry Entry)>();
        var last = AuditHead.Beginning;
        await foreach (var row in source.ReadAsync(CopiedTable.Documents, cancellationToken))
        {
            var entry = new RegistryEntry((string)(row[1] ?? ""), (string?)row[2]);
            if (row[0] is string name && name == ToldRecords.Collection.Name && entry.Read(ToldRecords.Collection) is { } told)
            {
                documents.Add((name, RegistryEntry.Of(ToldRecords.Collection, told.Move(moved))));
            }
            else if (row[0] is string head && head == AuditHead.Collection.Name && entry.Read(AuditHead.Collection) is { } found)
            {
                last = found;
            }
        }

        documents.AddRange(AuditTrail.Follow(last, AuditEntry.Make(clock.GetUtcNow(), AuditEntry.Cli, "stores.moved", detail: $"from {source.Where} to {target.Where}")));
        return documents;
    }

    private async IAsyncEnumerable<object?[]> CountedAsync(string what, IAsyncEnumerable<object?[]> rows)
    {
        var count = 0L;
        advanced(what, count);
        await foreach (var row in rows)
        {
            yield return row;
            if (++count % RowsBetweenNews == 0)
            {
                advanced(what, count);
            }
        }
    }

    private MigrationReport Report(string? feed, IReadOnlyList<ComparedTable> tables) => new(source.Where, target.Where, feed is not null, feed, masterKey, tables);

    private static string Capital(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
