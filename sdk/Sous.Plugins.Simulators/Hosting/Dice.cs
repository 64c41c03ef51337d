namespace Sous.Plugins.Simulators.Hosting;

/// <summary>A small seeded source of choices (SplitMix64): the same seed, kind and index give the same throws everywhere.</summary>
internal struct Dice
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private ulong _state;

    private Dice(ulong state) => _state = state;

    public static Dice For(int seed, int kind, int index) =>
        new(Mix((((ulong)(uint)seed << 32) | (uint)index) + Mix((ulong)kind + 1)));

    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    public int Between(int low, int high) => low + Below(high - low + 1);

    public bool Percent(int percent) => Below(100) < percent;

    public string Text(int length) => string.Create(length, Next(), static (span, first) =>
    {
        // 62^10 fits in 64 bits, so one throw feeds ten letters.
        var pool = first;
        for (var i = 0; i < span.Length; i++)
        {
            if (i % 10 == 0 && i > 0)
            {
                pool = Mix(first + (ulong)i);
            }

            span[i] = Letters[(int)(pool % 62)];
            pool /= 62;
        }
    });

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
