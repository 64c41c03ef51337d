using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Http;

/// <summary>
/// What https addresses are served with: <c>SOUS_CertificateFile</c> and <c>SOUS_CertificateKeyFile</c>, both PEM, the first with the certificates
/// in between. Whoever renews it writes the files: they are looked at once a minute, and the next handshake has the new one. Any thread.
/// </summary>
internal sealed partial class ServerCertificate
{
    private const string Setting = "SOUS_CertificateFile";

    /// <summary>From when before its end it is warned of.</summary>
    public static readonly TimeSpan EndsSoon = TimeSpan.FromDays(14);

    private static readonly TimeSpan s_between = TimeSpan.FromMinutes(1);

    private readonly (string Certificate, string Key) _paths;
    private readonly TimeProvider _clock;
    private readonly ILogger<ServerCertificate> _logger;
    private readonly Lock _gate = new();
    private (string Certificate, string Key) _texts;
    private SslStreamCertificateContext _context;
    private DateTimeOffset _looked;
    private DateTimeOffset _warned;
    private string? _problem;

    /// <exception cref="OptionsValidationException">The files cannot be read, or do not belong together.</exception>
    public ServerCertificate(IConfiguration configuration, TimeProvider clock, ILogger<ServerCertificate> logger)
    {
        _paths = (configuration["CertificateFile"] ?? "", configuration["CertificateKeyFile"] ?? "");
        (_clock, _logger) = (clock, logger);
        try
        {
            _texts = ReadFiles();
            _context = Read(_texts.Certificate, _texts.Key);
        }
        catch (Exception exception) when (IsUnfit(exception))
        {
            throw new OptionsValidationException(Setting, typeof(HostSettings), [$"{Setting} ({_paths.Certificate}) and {Setting[..^4]}KeyFile ({_paths.Key}) cannot be used: {exception.Message}"]);
        }

        _looked = clock.GetUtcNow();
        WarnOfEnd(_looked);
    }

    public static bool IsSetIn(IConfiguration configuration) => configuration["CertificateFile"] is { Length: > 0 };

    /// <summary>When the one that is served now ends.</summary>
    public DateTimeOffset EndsAt => Current().TargetCertificate.NotAfter;

    public void ServeBy(HttpsConnectionAdapterOptions https)
    {
        // With the chain, so that the server looks for none elsewhere.
        https.ServerCertificate = _context.TargetCertificate;
        https.ServerCertificateChain = [.. _context.IntermediateCertificates];
        https.OnAuthenticate = (_, connection) => connection.ServerCertificateContext = Current();
    }

    private SslStreamCertificateContext Current()
    {
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            if (now - _looked >= s_between)
            {
                _looked = now;
                TakeRenewed();
                WarnOfEnd(now);
            }

            return _context;
        }
    }

    private void TakeRenewed()
    {
        try
        {
            var texts = ReadFiles();
            if (texts != _texts)
            {
                _context = Read(texts.Certificate, texts.Key);
                _texts = texts;
                Log.Renewed(_logger, _context.TargetCertificate.NotAfter);
            }

            _problem = null;
        }
        catch (Exception exception) when (IsUnfit(exception))
        {
            // Between the writing of the two files they do not belong together: the next look finds both.
            if (_problem != exception.Message)
            {
                _problem = exception.Message;
                Log.NotTaken(_logger, _paths.Certificate, _problem);
            }
        }
    }

    private void WarnOfEnd(DateTimeOffset now)
    {
        if (_context.TargetCertificate.NotAfter - now < EndsSoon && now - _warned >= TimeSpan.FromDays(1))
        {
            _warned = now;
            Log.Ends(_logger, _paths.Certificate, _context.TargetCertificate.NotAfter);
        }
    }

    private (string Certificate, string Key) ReadFiles() => (File.ReadAllText(_paths.Certificate), File.ReadAllText(_paths.Key));

    private static SslStreamCertificateContext Read(string certificate, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificate);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), chain, offline: true);
    }

    private static bool IsUnfit(Exception exception) => exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private static partial class Log
    {
        [LoggerMessage(EventId = 2503, Level = LogLevel.Information, Message = "A renewed certificate is served, which ends at {End:u}.")]
        public static partial void Renewed(ILogger logger, DateTimeOffset end);

        [LoggerMessage(EventId = 2504, Level = LogLevel.Warning, Message = "The certificate {Path} was changed and cannot be used; the one before is still served: {Problem}")]
        public static partial void NotTaken(ILogger logger, string path, string problem);

        [LoggerMessage(EventId = 2505, Level = LogLevel.Warning, Message = "The certificate {Path} ends at {End:u}: renew it.")]
        public static partial void Ends(ILogger logger, string path, DateTimeOffset end);
    }
}
