using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Audit;

/// <summary>
/// Seals the trail's head under the key ring, each minute in which it moved: entries that are taken off its end, or written anew with
/// hashes that fit, then miss what was sealed. A seal that does not fit stays: it is the evidence.
/// </summary>
internal sealed partial class AuditSeals(IRegistry registry, IDataProtectionProvider protection, TimeProvider clock, ILogger<AuditSeals> logger) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private readonly IDataProtector _protector = protection.CreateProtector(VaultServices.Purpose, "audit");

    /// <summary>Once before the first entry is written: from then on a trail without a seal has been altered.</summary>
    public Task SealAsync(CancellationToken cancellationToken) => registry.WriteAsync(Seal, cancellationToken);

    /// <returns>The head that is sealed, or null where none is.</returns>
    /// <exception cref="CryptographicException">The seal was altered.</exception>
    public AuditHead? Read(IRegistryTransaction transaction)
        => transaction.Find(AuditSeal.Collection, AuditSeal.Key) is { } seal ? Parse(_protector.Unprotect(seal.Protected)) : null;

    /// <summary>What is wrong with the end of the trail, or null.</summary>
    public AuditFault? FaultOf(IRegistryTransaction transaction)
    {
        var head = transaction.Find(AuditHead.Collection, AuditHead.Key) ?? AuditHead.Beginning;
        try
        {
            return Read(transaction) switch
            {
                null when head.Sequence == 0 => null,
                null => new AuditFault(head.Sequence, "The seal over the trail was taken away."),
                { } seal when seal.Sequence > head.Sequence => new AuditFault(head.Sequence + 1, $"The trail was sealed with {seal.Sequence} entries and has {head.Sequence}: its end was cut off."),
                { Sequence: 0 } => null,
                { } seal when transaction.Find(AuditEntry.Collection, AuditEntry.KeyOf(seal.Sequence))?.Hash != seal.Hash => new AuditFault(seal.Sequence, "The entry is not the one that was sealed: the trail was written anew."),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            return new AuditFault(head.Sequence, "The seal over the trail was altered.");
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TrySealAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every, clock);
        do
        {
            await TrySealAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TrySealAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SealAsync(cancellationToken);
        }
        catch (Exception e) when (e is StorageException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            Log.NotSealed(logger, e);
        }
    }

    private void Seal(IRegistryTransaction transaction)
    {
        if (FaultOf(transaction) is { } fault)
        {
            Log.Altered(logger, fault.Sequence, fault.Reason);
            return;
        }

        var head = transaction.Find(AuditHead.Collection, AuditHead.Key) ?? AuditHead.Beginning;
        if (Read(transaction) == head)
        {
            return;
        }

        try
        {
            transaction.Put(AuditSeal.Collection, new AuditSeal(AuditSeal.Key, _protector.Protect(string.Create(CultureInfo.InvariantCulture, $"{head.Sequence}:{head.Hash}"))));
            Log.Sealed(logger, head.Sequence, head.Hash);
        }
        catch (CryptographicException e)
        {
            // A ring that has ended reads and does not write, until its data keys are rotated.
            Log.NotSealed(logger, e);
        }
    }

    private static AuditHead Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return AuditHead.Beginning with { Sequence = long.Parse(text.AsSpan(0, colon), CultureInfo.InvariantCulture), Hash = text[(colon + 1)..] };
    }

    private static partial class Log
    {
        // The head is told outside of the data folder too: a folder put back from earlier, as a whole, is seen by that alone.
        [LoggerMessage(EventId = 3400, Level = LogLevel.Information, Message = "The audit trail is sealed at {Sequence}:{Hash}.")]
        public static partial void Sealed(ILogger logger, long sequence, string hash);

        [LoggerMessage(EventId = 3401, Level = LogLevel.Error, Message = "The audit trail was altered at {Sequence}: {Reason} It is sealed no more.")]
        public static partial void Altered(ILogger logger, long sequence, string reason);

        [LoggerMessage(EventId = 3402, Level = LogLevel.Warning, Message = "The audit trail could not be sealed; it is tried again.")]
        public static partial void NotSealed(ILogger logger, Exception exception);
    }
}
