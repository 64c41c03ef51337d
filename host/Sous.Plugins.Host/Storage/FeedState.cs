namespace Sous.Plugins.Host.Storage;

/// <summary>Where a tenant's feed stands.</summary>
/// <param name="Era">How often everything of the tenant was deleted.</param>
/// <param name="Floor">What is at or below it is gone.</param>
/// <param name="Last">The newest sequence given out.</param>
internal readonly record struct FeedState(long Era, long Floor, long Last)
{
    /// <summary>The tenant's number where the tables have one, 0 while it has nothing here.</summary>
    public long No { get; init; }

    /// <summary>Deletes at or below it are gone: whoever has read on by then lacks none, and whoever begins at 0 needs none.</summary>
    public long Purged { get; init; }

    /// <summary>What is added to a sequence when it is told, besides the epoch's own.</summary>
    public long Base { get; init; }

    /// <summary>What was added before the last purge.</summary>
    public long Former { get; init; }

    /// <summary>In milliseconds: what was known is known from then on; 0 for ever since.</summary>
    public long Since { get; init; }

    public long Tell(FeedEpoch epoch, long sequence) => epoch.Tell(Base + sequence);

    /// <summary>From now on readers must have passed all up to there; positions are told by numbers above all that were told.</summary>
    public FeedState Purge(long upTo) => this with { Purged = upTo, Former = Base, Base = Base + Last + 1 };

    /// <summary>The sequence of a position that was told, or null where a reader who stands there would miss something.</summary>
    public long? Find(FeedEpoch epoch, long told)
    {
        if (told == 0)
        {
            return 0;
        }

        var number = told - epoch.Base;
        var isFormer = number < Base;
        var sequence = number - (isFormer ? Former : Base);
        return number < 0 || sequence < (isFormer ? Math.Max(Floor, Purged) : Floor) || sequence > Last ? null : sequence;
    }
}
