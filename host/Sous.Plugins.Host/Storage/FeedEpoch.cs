using System.Security.Cryptography;

namespace Sous.Plugins.Host.Storage;

/// <summary>
/// Which life of the feeds this is. A restore begins another one: its sequences are told as numbers above all that any earlier
/// life has told, so that a reader's position is of this life or is seen to be of none, whether it names its feed or not.
/// </summary>
/// <param name="Name">Drawn when the database was made, and at each restore.</param>
/// <param name="Base">What is added to a sequence of the database when it is told.</param>
internal sealed record FeedEpoch(string Name, long Base)
{
    // A second is given 2^20 sequences: more than the store can write, and few enough that all of them stay below 2^53, where JSON's readers begin to round.
    private const int SequencesPerSecond = 1 << 20;

    private static readonly DateTimeOffset s_first = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Draw() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>A number above all that a feed told by now, in whichever copy of it, where <paramref name="told"/> is all that this copy knows of.</summary>
    public static long Above(long told, DateTimeOffset now)
    {
        // By the clock, since one backup may be restored twice and the second must be above what the first told meanwhile.
        return Math.Max(told + 1, (long)(now - s_first).TotalSeconds * SequencesPerSecond);
    }

    /// <summary>A sequence of the database, as it is told outwards.</summary>
    public long Tell(long sequence) => Base + sequence;
}
