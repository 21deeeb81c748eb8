export ARKA_PROFILE='work'
export ARKA_API_KEY='arka_wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww9f3c'
export ARKA_API_URL='https://arka-ai.com'
