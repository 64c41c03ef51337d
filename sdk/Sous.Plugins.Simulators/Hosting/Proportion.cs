namespace Sous.Plugins.Simulators.Hosting;

/// <summary>Integer shares of amounts, rounded half to even as Square rounds.</summary>
internal static class Proportion
{
    public const long Whole = 1_000_000;

    public static long Of(long amount, long numerator, long denominator)
    {
        var (quotient, rest) = Math.DivRem(amount * numerator, denominator);
        var twice = rest * 2;
        return twice > denominator || (twice == denominator && (quotient & 1) == 1) ? quotient + 1 : quotient;
    }

    public static long Of(long amount, decimal quantity) => (long)Math.Round(amount * quantity, MidpointRounding.ToEven);

    /// <summary>Splits a total over weights so that the parts add up to it exactly.</summary>
    public static long[] Split(long total, IReadOnlyList<long> weights)
    {
        var sum = weights.Sum();
        var parts = new long[weights.Count];
        long running = 0, given = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            running += weights[i];
            var due = sum == 0 ? 0 : Of(total, running, sum);
            parts[i] = due - given;
            given = due;
        }

        return parts;
    }
}
