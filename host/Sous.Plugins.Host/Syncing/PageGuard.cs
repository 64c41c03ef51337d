using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Looks at one scope's pages, in order, before they are stored. The first that is refused ends the scope's sync with its checkpoint kept back.</summary>
/// <param name="stream">What the driver says of its pages.</param>
/// <param name="calls">The calls that the listing is made of; null where they cannot be seen.</param>
internal sealed class PageGuard(StreamManifest stream, UnansweredCalls? calls = null)
{
    private const int MostRecords = 1000;
    private const int LongestId = 200;

    /// <summary>A sale of a thousand lines has a tenth of it.</summary>
    private const int LargestRecord = 1 << 20;

    /// <summary>The service's own text of a record says the same in more words.</summary>
    private const int LargestRaw = 4 << 20;

    /// <summary>Three pages are in memory at once for each of the runs under way.</summary>
    private const int LargestPage = 32 << 20;

    /// <summary>How often a driver may begin a listing anew within one call, where a cursor of the service ran out.</summary>
    private const int MostRounds = 4;

    private readonly int _limit = Math.Min(MostRecords, 2 * stream.PageLimit);
    private readonly HashSet<ulong> _seen = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _listed = [];
    private int _again;
    private string? _previous;
    private bool _ended;

    /// <exception cref="PageRefusedException">The page must not be stored.</exception>
    public void Check<T>(SyncPage<T> page)
        where T : class
    {
        CheckContract(page);
        CheckCalls();
        CheckPosition(page.Next.Value, page.Changes.Count);
        if (page.Listing != Listing.None)
        {
            CheckListing(page.Changes);
        }
    }

    /// <summary>With each page, and when the driver says that there is no other: one that goes on after a call failed knows less than it hands over.</summary>
    /// <exception cref="DriverException">A call had no answer, and what depends on it may be missing.</exception>
    public void CheckCalls()
    {
        if (calls?.Any is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Looks at what a page is once it is encoded.</summary>
    /// <exception cref="PageRefusedException">It is more than the host stores.</exception>
    public static void CheckSize(IReadOnlyList<RecordChange> changes)
    {
        long page = 0;
        foreach (var change in changes)
        {
            page += change.Body.Length + change.Raw.Length;
            if (change.Body.Length > LargestRecord)
            {
                throw Broken($"The driver handed over {change.Id} with {change.Body.Length} bytes; at most {LargestRecord} are allowed.");
            }
        }

        if (page > LargestPage)
        {
            throw Broken($"The driver handed over a page of {page} bytes; at most {LargestPage} are allowed.");
        }
    }

    // Cursors that hold the time of day differ each time that they lead to the same page: such a listing goes round without an end.
    private void CheckListing<T>(IReadOnlyList<Change<T>> changes)
        where T : class
    {
        foreach (var change in changes)
        {
            _again += _listed.Add(IdMark.Of(change.Id)) ? 0 : 1;
        }

        if (_again > MostRounds * _listed.Count)
        {
            throw Suspect("The service's listing goes round: it hands over again and again what it has handed over before.");
        }
    }

    private void CheckContract<T>(SyncPage<T> page)
        where T : class
    {
        if (page is not { Changes: { } changes, Next.Value: not null } || changes.Any(static change => change is null))
        {
            throw Broken("The driver handed over a page that has no changes, or no position to go on from.");
        }

        if (page.Changes.Count > _limit)
        {
            throw Broken($"The driver handed over a page of {page.Changes.Count} records; at most {_limit} are allowed.");
        }

        if (page.Next.Value.Length > Checkpoint.MaxLength)
        {
            throw Broken($"The driver's checkpoint has {page.Next.Value.Length} characters; at most {Checkpoint.MaxLength} are allowed.");
        }

        _ids.Clear();
        foreach (var change in page.Changes)
        {
            if (change.Id is not { Length: > 0 and <= LongestId })
            {
                throw Broken(string.Create(CultureInfo.InvariantCulture, $"The driver handed over a record whose id is empty or longer than {LongestId} characters."));
            }

            if (change.Kind == ChangeKind.Upsert != change.Record is not null)
            {
                throw Broken($"The driver handed over {change.Id} as {change.Kind} {(change.Record is null ? "without" : "with")} a record.");
            }

            if (change.Raw.Length > LargestRaw)
            {
                throw Broken($"The driver handed over {change.Id} with {change.Raw.Length} bytes of the service's own; at most {LargestRaw} are allowed.");
            }

            if (!_ids.Add(change.Id))
            {
                throw Broken($"The driver handed over {change.Id} twice in one page.");
            }
        }
    }

    private void CheckPosition(string next, int records)
    {
        if (_ended || (next == _previous && records > 0))
        {
            throw Suspect("The service's position does not move although more was handed over.");
        }

        // The same position again without a record means that nothing is left: the driver has to end there.
        _ended = next == _previous;
        // Hashes, since a backfill may have a hundred thousand positions of 4,096 characters.
        if (!_seen.Add(IdMark.Of(next)) && !_ended)
        {
            throw Suspect("The service's position came back to where it had been before.");
        }

        _previous = next;
    }

    private static PageRefusedException Suspect(string reason) => new(SyncOutcome.Suspect, reason);

    private static PageRefusedException Broken(string reason) => new(SyncOutcome.NeedsAttention, reason);
}
