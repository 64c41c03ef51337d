using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>What the host fills into a token message.</summary>
internal sealed record TokenValues
{
    public required ClientRegistration Client { get; init; }

    public Secret? Code { get; init; }

    public string? RedirectAddress { get; init; }

    public Secret? Verifier { get; init; }

    public Secret? RefreshToken { get; init; }

    public Secret? AccessToken { get; init; }

    /// <summary>The field's text, or null where there is no such value: the field is then left out.</summary>
    public string? Fill(TokenField field)
    {
        var value = field.Value switch
        {
            TokenValue.Literal => "",
            TokenValue.ClientId => Client.Id,
            TokenValue.ClientSecret => Client.Secret.Reveal(),
            TokenValue.Code => Code?.Reveal(),
            TokenValue.RedirectUri => RedirectAddress,
            TokenValue.CodeVerifier => Verifier?.Reveal(),
            TokenValue.RefreshToken => RefreshToken?.Reveal(),
            TokenValue.AccessToken => AccessToken?.Reveal(),
            _ => null,
        };
        return value is null ? null : field.Text + value;
    }
}
