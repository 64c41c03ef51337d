namespace Sous.Plugins.Host.Audit;

/// <summary>Keeps a flood of refused callers from filling the disk: so many are written a minute, the others counted.</summary>
internal sealed class AuditDenials(TimeProvider clock)
{
    /// <summary>Entries written in one minute; the rest are summed up in the next minute's first.</summary>
    public const int EntriesPerMinute = 30;

    private readonly Lock _gate = new();
    private DateTimeOffset _minute;
    private int _written;
    private int _unwritten;

    /// <param name="summedUp">How many were not written before this one.</param>
    /// <returns>Whether this one is to be written.</returns>
    public bool TryTake(out int summedUp)
    {
        lock (_gate)
        {
            summedUp = 0;
            var now = clock.GetUtcNow();
            if (now - _minute >= TimeSpan.FromMinutes(1))
            {
                _minute = now;
                _written = 0;
                summedUp = _unwritten;
                _unwritten = 0;
            }

            if (_written == EntriesPerMinute)
            {
                _unwritten++;
                return false;
            }

            _written++;
            return true;
        }
    }
}
