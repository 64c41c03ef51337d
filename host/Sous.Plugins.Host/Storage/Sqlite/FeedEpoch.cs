using System.Globalization;
using System.Security.Cryptography;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// Which life of the feeds this is. A restore begins another one: its sequences are told as numbers above all that any earlier
/// life has told, so that a reader's position is of this life or is seen to be of none, whether it names its feed or not.
/// </summary>
/// <param name="Name">Drawn when the file was made, and at each restore.</param>
/// <param name="Base">What is added to a sequence of the file when it is told.</param>
internal sealed record FeedEpoch(string Name, long Base)
{
    // A second is given 2^20 sequences: more than the store can write, and few enough that all of them stay below 2^53, where JSON's readers begin to round.
    private const int SequencesPerSecond = 1 << 20;

    private static readonly DateTimeOffset s_first = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Draw() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static FeedEpoch Read(Session session)
    {
        var (name, numbers) = ("", 0L);
        var meta = session.Prepare("SELECT name, value FROM meta WHERE name IN ('feed', 'feed_base')");
        while (meta.Step())
        {
            if (meta.Text(0) == "feed")
            {
                name = meta.Text(1);
            }
            else
            {
                numbers = long.Parse(meta.Text(1), CultureInfo.InvariantCulture);
            }
        }

        return new FeedEpoch(name, numbers);
    }

    /// <summary>Begins another life in a file that no store has open. Durable when it returns.</summary>
    /// <returns>By how much every sequence is told as a greater number than before.</returns>
    /// <exception cref="StorageException">The file cannot be used.</exception>
    public static long Renew(string path, DateTimeOffset now)
    {
        using var session = new SqliteFile(path).OpenWriter();
        var before = Read(session);
        var longest = session.Prepare("SELECT COALESCE(MAX(last + COALESCE(base, 0)), 0) FROM tenants LEFT JOIN compactions ON tenant = no");
        longest.Step();
        var told = before.Tell(longest.Int64(0));
        longest.Reset();

        var after = new FeedEpoch(Draw(), Above(told, now));
        session.Prepare("BEGIN IMMEDIATE").Run();
        var put = session.Prepare("INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)");
        put.Bind(1, "feed").Bind(2, after.Name).Run();
        put.Bind(1, "feed_base").Bind(2, after.Base.ToString(CultureInfo.InvariantCulture)).Run();
        session.Prepare("COMMIT").Run();
        return after.Base - before.Base;
    }

    /// <summary>A number above all that a feed told by now, in whichever copy of it, where <paramref name="told"/> is all that this copy knows of.</summary>
    public static long Above(long told, DateTimeOffset now)
    {
        // By the clock, since one backup may be restored twice and the second must be above what the first told meanwhile.
        return Math.Max(told + 1, (long)(now - s_first).TotalSeconds * SequencesPerSecond);
    }

    /// <summary>A sequence of the file, as it is told outwards.</summary>
    public long Tell(long sequence) => Base + sequence;
}
