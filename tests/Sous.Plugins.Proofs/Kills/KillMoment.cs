namespace Sous.Plugins.Proofs.Kills;

/// <summary>A moment of a walk through a service, counted from the start of the host that walks.</summary>
/// <param name="Nth">The how manieth step of that kind, from 1. Every request is a page.</param>
/// <param name="Answered">Once the first request beyond the step is answered, or before it is.</param>
/// <param name="Wait">A little more: the host commits what it has while it waits for the answer.</param>
internal sealed record KillMoment(KillKind Kind, int Nth, bool Answered, TimeSpan Wait)
{
    /// <param name="most">The most steps of each kind that a walk can be relied on to take.</param>
    public static KillMoment Choose(Random random, Func<KillKind, int> most)
    {
        var kinds = Enum.GetValues<KillKind>().Where(kind => most(kind) > 0).ToList();
        var kind = kinds[random.Next(kinds.Count)];
        return new KillMoment(kind, 1 + random.Next(most(kind)), random.Next(2) == 0, TimeSpan.FromMilliseconds(random.Next(2) * random.Next(40)));
    }
}
