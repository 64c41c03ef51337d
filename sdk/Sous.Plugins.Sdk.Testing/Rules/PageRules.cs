using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>What a host looks at before it stores a page.</summary>
internal static class PageRules
{
    private const int MostRecords = 1000;
    private const int LongestId = 200;

    /// <summary>How often a driver may begin a listing anew within one call.</summary>
    private const int MostRounds = 4;

    public static Task CheckAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        foreach (var run in bench.Streams)
        {
            var stream = bench.Driver.Manifest.Streams.FirstOrDefault(stream => stream.Name == run.Call.Stream);
            findings.Try(run.Pages.Count);
            findings.AddAll(ObjectionsTo(run.Pages, stream).Select(objection => $"The {run.Call.Name}: page {objection.Page} {objection.Said}."));
        }

        if (bench.Streams.Count == 0)
        {
            findings.NotApplicable("No stream could be fetched.");
        }

        return Task.CompletedTask;
    }

    /// <summary>Why a host would not store these pages; the first page that it refuses ends the run.</summary>
    public static IEnumerable<(int Page, string Said)> ObjectionsTo(IEnumerable<PageView> pages, StreamManifest? stream)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var listed = new HashSet<string>(StringComparer.Ordinal);
        var again = 0;
        var limit = Math.Min(MostRecords, 2 * (stream?.PageLimit ?? MostRecords));
        string? previous = null;
        var ended = false;
        var number = 0;
        foreach (var page in pages)
        {
            number++;
            foreach (var said in ObjectionsTo(page, limit))
            {
                yield return (number, said);
            }

            again += page.Listing == Listing.None ? 0 : page.Records.Count(record => !listed.Add(record.Id));
            if (again > MostRounds * listed.Count)
            {
                yield return (number, "goes round: its listing hands over again and again what it has handed over before");
            }

            var next = page.Next?.Value ?? "";
            if (ended || (next == previous && page.Records.Count > 0))
            {
                yield return (number, "has the checkpoint of the page before, although more was handed over");
            }

            ended = next == previous;
            if (!seen.Add(next) && !ended)
            {
                yield return (number, "has a checkpoint that had been there before");
            }

            previous = next;
        }
    }

    private static IEnumerable<string> ObjectionsTo(PageView page, int limit)
    {
        if (page.Records.Count > limit)
        {
            yield return $"holds {page.Records.Count} records, {limit} are allowed";
        }

        if (page.Next?.Value is not { Length: <= Checkpoint.MaxLength })
        {
            yield return $"has no checkpoint, or one of more than {Checkpoint.MaxLength} characters";
        }

        foreach (var record in page.Records)
        {
            if (record.Id.Length is 0 or > LongestId)
            {
                yield return $"holds a record whose id is empty or longer than {LongestId} characters";
            }

            if (record.Kind == ChangeKind.Upsert != record.Record is not null)
            {
                yield return $"hands over {record.Id} as {record.Kind} {(record.Record is null ? "without" : "with")} a record";
            }
        }

        if (page.Records.GroupBy(record => record.Id).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
        {
            yield return $"holds {twice.Key} twice";
        }
    }
}
